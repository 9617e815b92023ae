/** What many checks begin with. */
import type { KeyPair } from '../../crypto/provider.ts'
import { noEntity } from '../../protocol/ids.ts'
import type { Need } from '../check.ts'
import { dhKey, KEY, SEND, signingKey } from '../commands.ts'
import { fromVersion, queues } from '../facts.ts'
import type { Line } from '../line.ts'
import type { Peer } from '../peer.ts'
import type { CheckedNotifier, CheckedQueue } from '../queue.ts'
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

export interface Noticed {
  readonly queue: CheckedQueue
  readonly notifier: CheckedNotifier
  readonly key: KeyPair
}

/** A queue with a notifier that nobody watches. */
export const noticed = async (
  scene: Scene,
  recipient: Peer,
  options: NewOptions = {},
): Promise<Noticed> => {
  const queue = await scene.create(recipient, options)
  const key = signingKey()
  return { queue, key, notifier: await scene.addNotifier(recipient, queue, key) }
}

/** Unsigned messages, one after the other. */
export const sendAll = async (
  sender: Peer,
  queue: CheckedQueue,
  bodies: readonly string[],
): Promise<void> => {
  for (const body of bodies) await sender.expect([undefined, queue.sid, SEND(body)], 'OK')
}

export interface Pushed {
  readonly recipient: Peer
  readonly sender: Peer
  readonly queue: CheckedQueue
}

/** A queue with a subscriber that was sent these messages, and has heard the first of them. */
export const pushed = async (
  scene: Scene,
  ...bodies: readonly [string, ...string[]]
): Promise<Pushed> => {
  const [recipient, sender] = await scene.pair()
  const queue = await scene.create(recipient, { subscribe: true })
  await sendAll(sender, queue, bodies)
  await recipient.hear(queue.rid, `MSG F "${bodies[0]}"`)
  return { recipient, sender, queue }
}

/** NEW with keys of no use, for refusals. */
export const newLine = (
  key: KeyPair,
  { password, request }: Pick<NewOptions, 'password' | 'request'> = {},
): Line => [
  key,
  noEntity,
  {
    tag: 'NEW',
    authKey: key.publicKey,
    dhKey: dhKey().publicKey,
    subscribe: false,
    ...(password !== undefined && { password }),
    ...(request && { request }),
  },
]
