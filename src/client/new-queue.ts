/** NEW in the forms of each version (SMP, "Create queue command"). */
import type { CryptoProvider, KeyAlgorithm, KeyPair } from '../crypto/provider.ts'
import { senderIdOfCorrelation } from '../crypto/short-link.ts'
import type { Bytes } from '../protocol/bytes.ts'
import type { Command, LinkContent, QueueRequest } from '../protocol/command.ts'
import { type LinkId, type SenderId, senderIdOf } from '../protocol/ids.ts'
import type { QueueMode, Reply } from '../protocol/reply.ts'
import { hasNewNotifier, hasShortLinks, type Version } from '../protocol/version.ts'
import { newCorrelationId } from './authorization.ts'
import type { RecipientCredentials } from './credentials.ts'
import { UnsupportedOperation } from './errors.ts'
import { makeNotifierKeys, type NewNotifier, notifierCredentials } from './notifier-queue.ts'
import { sharedSecret } from './shared-secret.ts'

/** Opaque to the server. `linkId` is chosen by the client for contact queues only. */
export type NewLinkData = LinkContent & { readonly linkId?: LinkId }

export interface NewQueueOptions {
  /**
   * Default `messaging`: one sender, who secures the queue by SKEY. `contact`: anybody may send.
   * Before v9 queues have no mode and are secured by KEY.
   */
  readonly mode?: QueueMode
  /** Default true: messages come at once. */
  readonly subscribe?: boolean
  /** Where the server asks for one; default: that of the client's address. */
  readonly password?: string
  /** Of the key that authorises recipient commands. Default: Ed25519. */
  readonly keyAlgorithm?: KeyAlgorithm
  /** Short link data, made for the queue's sender id; from v15. */
  readonly link?: (senderId: SenderId) => NewLinkData
  /** Also makes a notifier; from v17, before that there is `addNotifier`. */
  readonly notifier?: boolean
}

interface Prepared {
  readonly command: Command<'NEW'>
  readonly correlationId: Bytes
  readonly key: KeyPair
  readonly dhKey: KeyPair<'X25519'>
  readonly notifier?: NewNotifier
}

const requestOf = (
  { mode = 'messaging', link }: NewQueueOptions,
  senderId: SenderId,
): QueueRequest => {
  if (link === undefined) return { mode }
  const { linkId, fixed, user } = link(senderId)
  if (mode === 'messaging') return { mode, link: { senderId, fixed, user } }
  if (linkId === undefined) throw new TypeError('a contact queue needs a link id with its data')
  return { mode, link: { linkId, senderId, fixed, user } }
}

export const prepareNewQueue = (
  crypto: CryptoProvider,
  version: Version,
  options: NewQueueOptions,
): Prepared => {
  const { subscribe = true, password, keyAlgorithm = 'Ed25519' } = options
  if (options.link !== undefined && !hasShortLinks(version))
    throw new UnsupportedOperation(`v${version} has no link data`)
  if (options.notifier && !hasNewNotifier(version))
    throw new UnsupportedOperation(`at v${version} NEW makes no notifier`)
  const correlationId = newCorrelationId(crypto)
  const senderId = senderIdOf(senderIdOfCorrelation(crypto, correlationId))
  const key = crypto.generateKeyPair(keyAlgorithm)
  const dhKey = crypto.generateKeyPair('X25519')
  const notifier = options.notifier ? makeNotifierKeys(crypto) : undefined
  const command = {
    tag: 'NEW',
    authKey: key.publicKey,
    dhKey: dhKey.publicKey,
    ...(password !== undefined && { password }),
    subscribe,
    request: requestOf(options, senderId),
    ...(notifier && { notifier: notifier.command }),
  } as const
  return { command, correlationId, key, dhKey, ...(notifier && { notifier }) }
}

export const queueCredentials = (
  crypto: CryptoProvider,
  { key, dhKey, notifier }: Prepared,
  { recipientId, senderId, serverDhKey, mode, linkId, ...reply }: Reply<'IDS'>,
): RecipientCredentials => ({
  recipientId,
  senderId,
  key: key.privateKey,
  secret: sharedSecret(crypto, dhKey.privateKey, serverDhKey),
  ...(mode !== undefined && { mode }),
  ...(linkId !== undefined && { linkId }),
  ...(notifier &&
    reply.notifier && { notifier: notifierCredentials(crypto, notifier, reply.notifier) }),
})
