/** Queues with link data (SMP, "Create queue command"), for the checks of both kinds of links. */
import { nativeCrypto as crypto } from '../../crypto/native.ts'
import { latin1Bytes } from '../../protocol/bytes.ts'
import type { LinkId } from '../../protocol/ids.ts'
import { expectSame, Mismatch } from '../check.ts'
import { signingKey } from '../commands.ts'
import type { Line } from '../line.ts'
import type { Peer } from '../peer.ts'
import type { CheckedQueue } from '../queue.ts'
import { type Scene, senderIdFor } from '../scene.ts'
import { newLine } from './steps.ts'

export interface Linked {
  readonly recipient: Peer
  readonly sender: Peer
  readonly queue: CheckedQueue
  readonly linkId: LinkId
}

/** The sender id follows from the given bytes. A contact link has an id of the client's. */
const requestOf = (senderOf: Uint8Array, linkId: LinkId | undefined) => {
  const [fixed, user] = [latin1Bytes('fixed data'), latin1Bytes('user data')]
  const link = { senderId: senderIdFor(senderOf), fixed, user }
  return linkId === undefined
    ? ({ mode: 'messaging', link } as const)
    : ({ mode: 'contact', link: { ...link, linkId } } as const)
}

/** A new queue with a link: an invitation, or with a link id a contact address. */
export const linked = async (scene: Scene, contactLinkId?: LinkId): Promise<Linked> => {
  const [recipient, sender] = await scene.pair()
  const correlationId = crypto.randomBytes(24)
  const request = requestOf(correlationId, contactLinkId)
  const queue = await scene.create(recipient, { correlationId, request })
  expectSame('the sender id of the correlation id', queue.sid === request.link.senderId, true)
  const { linkId } = queue
  if (linkId === undefined) throw new Mismatch('a link id in IDS', 'none')
  return { recipient, sender, queue, linkId }
}

/** NEW with a sender id that follows from these bytes. */
export const newLinkLine = (scene: Scene, senderOf: Uint8Array, contactLinkId?: LinkId): Line =>
  newLine(signingKey(), { ...scene.facts.told, request: requestOf(senderOf, contactLinkId) })

/** What LGET and LKEY give. */
export const lnk = (userData = 'user data'): string => `LNK sender id "fixed data" "${userData}"`
