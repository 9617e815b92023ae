/** All checks, in the order of their groups. */
import type { Check } from './check.ts'
import { acknowledgingChecks } from './checks/acknowledging.ts'
import { authorizationChecks } from './checks/authorization.ts'
import { blockChecks } from './checks/blocks.ts'
import { contactLinkChecks } from './checks/contact-links.ts'
import { credentialChecks } from './checks/credentials.ts'
import { deliveryChecks } from './checks/delivery.ts'
import { expiryChecks } from './checks/expiry.ts'
import { forwardedChecks } from './checks/forwarded.ts'
import { handshakeChecks } from './checks/handshake.ts'
import { invitationLinkChecks } from './checks/invitation-links.ts'
import { notificationChecks } from './checks/notifications.ts'
import { operatorChecks } from './checks/operator.ts'
import { proxyChecks } from './checks/proxy.ts'
import { proxySessionChecks } from './checks/proxy-sessions.ts'
import { queueChecks } from './checks/queues.ts'
import { quotaChecks } from './checks/quota.ts'
import { recipientChecks } from './checks/recipient.ts'
import { securingChecks } from './checks/securing.ts'
import { serviceChecks } from './checks/services.ts'
import { syntaxChecks } from './checks/syntax.ts'
import { versionChecks } from './checks/versions.ts'

export interface Group {
  readonly name: string
  readonly checks: readonly Check[]
}

export const groups: readonly Group[] = [
  { name: 'Handshake', checks: handshakeChecks },
  { name: 'Blocks and transmissions', checks: blockChecks },
  { name: 'Syntax of commands', checks: syntaxChecks },
  { name: 'Credentials of commands', checks: credentialChecks },
  { name: 'Authorization', checks: authorizationChecks },
  { name: 'Queues and senders', checks: [...queueChecks, ...securingChecks] },
  { name: 'Recipients', checks: recipientChecks },
  { name: 'Delivery', checks: [...deliveryChecks, ...acknowledgingChecks, ...quotaChecks] },
  { name: 'Expiry', checks: expiryChecks },
  { name: 'Notifications', checks: notificationChecks },
  { name: 'Short links', checks: [...invitationLinkChecks, ...contactLinkChecks] },
  { name: 'Forwarding for clients', checks: [...proxyChecks, ...proxySessionChecks] },
  { name: 'Commands that others forward', checks: forwardedChecks },
  { name: 'Services', checks: serviceChecks },
  { name: 'Versions', checks: versionChecks },
  { name: 'What is not checked from outside', checks: operatorChecks },
]

export const allChecks: readonly Check[] = groups.flatMap(({ checks }) => checks)

const isWithin = (id: string, wanted: string): boolean =>
  id === wanted || id.startsWith(`${wanted}-`)

/** Those with one of these ids, or of a group, as `SMP-Q`; and what names none. */
export const selectChecks = (
  wanted: readonly string[],
): { readonly checks: readonly Check[]; readonly unknown: readonly string[] } => {
  const names = wanted.map((text) => text.toUpperCase())
  return {
    checks: allChecks.filter(({ id }) => names.some((name) => isWithin(id, name))),
    unknown: names.filter((name) => !allChecks.some(({ id }) => isWithin(id, name))),
  }
}
