/** What many checks begin with. */
import type { KeyPair } from '../../crypto/provider.ts'
import { noEntity } from '../../protocol/ids.ts'
import type { Need } from '../check.ts'
import { dhKey, KEY, SEND, signingKey } from '../commands.ts'
import { fromVersion, queues } from '../facts.ts'
import type { Line } from '../line.ts'
import type { Peer } from '../peer.ts'
import type { CheckedQueue } from '../queue.ts'
import type { NewOptions, Scene } from '../scene.ts'

export const messaging = { request: { mode: 'messaging' } } as const
export const contact = { request: { mode: 'contact' } } as const

/** Queues, in a version that knows their modes. */
export const modes: readonly Need[] = [queues, fromVersion(9)]
/** Queues, in a version that knows short links. */
export const links: readonly Need[] = [queues, fromVersion(15)]

export interface Secured {
  readonly queue: CheckedQueue
  readonly senderKey: KeyPair
}

/** A queue with a sender's key, set by KEY. */
export const secured = async (
  scene: Scene,
  recipient: Peer,
  options: NewOptions = {},
): Promise<Secured> => {
  const queue = await scene.create(recipient, options)
  const senderKey = signingKey()
  await recipient.expect([queue.key, queue.rid, KEY(senderKey)], 'OK')
  return { queue, senderKey }
}

/** Unsigned messages, one after the other. */
export const sendAll = async (
  sender: Peer,
  queue: CheckedQueue,
  bodies: readonly string[],
): Promise<void> => {
  for (const body of bodies) await sender.expect([undefined, queue.sid, SEND(body)], 'OK')
}

/** NEW with keys of no use, for refusals. */
export const newLine = (key: KeyPair, password?: string): Line => [
  key,
  noEntity,
  {
    tag: 'NEW',
    authKey: key.publicKey,
    dhKey: dhKey().publicKey,
    subscribe: false,
    ...(password !== undefined && { password }),
  },
]
