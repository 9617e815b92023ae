/** Notifiers and their notifications (SMP, 14.1 row 19 and 8.5). */
import { type Check, expectSame, Mismatch } from '../check.ts'
import { DEL, NDEL, NSUB, SEND, signingKey } from '../commands.ts'
import { fromVersion, queues } from '../facts.ts'
import type { Peer } from '../peer.ts'
import { notifiedMessage } from '../queue.ts'
import type { Scene } from '../scene.ts'
import { type Noticed, noticed } from './steps.ts'

const needs = [queues]

interface Watched extends Noticed {
  readonly recipient: Peer
  readonly sender: Peer
  readonly watcher: Peer
}

/** A queue, its subscriber, a sender, and a notifier that somebody watches. */
const watched = async (scene: Scene): Promise<Watched> => {
  const [recipient, sender] = await scene.pair()
  const watcher = await scene.connect('notifier')
  const one = await noticed(scene, recipient, { subscribe: true })
  await watcher.expect([one.key, one.notifier.id, NSUB], watcher.sok)
  return { ...one, recipient, sender, watcher }
}

/** Sent, pushed and acknowledged. */
const deliver = async (
  { recipient, sender, queue }: Pick<Watched, 'recipient' | 'sender' | 'queue'>,
  body: string,
  flag: 'T' | 'F' = 'T',
): Promise<void> => {
  await sender.expect([undefined, queue.sid, SEND(body, flag === 'T')], 'OK')
  await recipient.hear(queue.rid, `MSG ${flag} ${JSON.stringify(body)}`)
  await recipient.expect([queue.key, queue.rid, queue.ack(body)], 'OK')
}

const hearNotification = async (
  watcher: Peer,
  { notifier, queue }: Pick<Watched, 'notifier' | 'queue'>,
  body: string,
): Promise<void> => {
  const { reply } = await watcher.hear(notifier.id, 'NMSG')
  if (reply?.tag !== 'NMSG') throw new Mismatch('NMSG', 'something else')
  const { messageId } = queue.delivered(body)
  const isSame = notifiedMessage(notifier, reply) === messageId
  expectSame(`a notification of the message ${JSON.stringify(body)}`, isSame, true)
}

const subscribing: readonly Check[] = [
  {
    id: 'SMP-N-001',
    title: 'NKEY again makes another notifier, and the one before is gone',
    section: '14.1.19',
    needs,
    async run(scene) {
      const peer = await scene.connect('recipient')
      const queue = await scene.create(peer)
      const key = signingKey()
      const [replaced, notifier] = [
        await scene.addNotifier(peer, queue, key),
        await scene.addNotifier(peer, queue, key),
      ]
      expectSame('notifier ids that differ', replaced.id !== notifier.id, true)
      await peer.table([key, replaced.id, NSUB, 'ERR AUTH'], [key, notifier.id, NSUB, peer.sok])
    },
  },
  {
    id: 'SMP-N-002',
    title: 'NSUB with another key, or with the recipient id, is refused with AUTH',
    section: '5.5',
    needs,
    async run(scene) {
      const peer = await scene.connect('recipient')
      const { queue, key, notifier } = await noticed(scene, peer)
      await peer.table(
        [queue.key, notifier.id, NSUB, 'ERR AUTH'],
        [key, queue.rid, NSUB, 'ERR AUTH'],
      )
    },
  },
  {
    id: 'SMP-N-003',
    title: 'NSUB may be repeated on a connection',
    section: '6.5',
    needs,
    async run(scene) {
      const { watcher, notifier, key } = await watched(scene)
      await watcher.expect([key, notifier.id, NSUB], watcher.sok)
    },
  },
  {
    id: 'SMP-N-004',
    title: 'NSUB takes a notifier over: the other connection gets END, and no notification',
    section: '14.1.19',
    needs,
    async run(scene) {
      const scenery = await watched(scene)
      const { watcher, notifier, key } = scenery
      const second = await scene.connect('second notifier')
      await second.expect([key, notifier.id, NSUB], second.sok)
      await watcher.hear(notifier.id, 'END')
      await deliver(scenery, 'hello')
      await hearNotification(second, scenery, 'hello')
      await watcher.quiet()
    },
  },
]

const notifying: readonly Check[] = [
  {
    id: 'SMP-N-011',
    title: 'a flagged message is notified of, by its id',
    section: '14.1.19',
    needs,
    async run(scene) {
      const scenery = await watched(scene)
      await deliver(scenery, 'hello')
      await hearNotification(scenery.watcher, scenery, 'hello')
    },
  },
  {
    id: 'SMP-N-012',
    title: 'a message without the flag is not notified of',
    section: '14.1.19',
    needs,
    async run(scene) {
      const scenery = await watched(scene)
      await deliver(scenery, 'quiet', 'F')
      await deliver(scenery, 'loud')
      await hearNotification(scenery.watcher, scenery, 'loud')
      await scenery.watcher.quiet()
    },
  },
  {
    id: 'SMP-N-013',
    title: 'notifications wait for a subscriber',
    section: '8.5',
    needs,
    async run(scene) {
      const [recipient, sender] = await scene.pair()
      const queue = await scene.create(recipient, { subscribe: true })
      const key = signingKey()
      const notifier = await scene.addNotifier(recipient, queue, key)
      await deliver({ recipient, sender, queue }, 'hello')
      const watcher = await scene.connect('notifier')
      await watcher.expect([key, notifier.id, NSUB], watcher.sok)
      await hearNotification(watcher, { notifier, queue }, 'hello')
    },
  },
  {
    id: 'SMP-N-014',
    title: 'NEW with keys of a notifier makes one',
    section: '6.3',
    needs: [queues, fromVersion(17)],
    async run(scene) {
      const [recipient, sender] = await scene.pair()
      const key = signingKey()
      const queue = await scene.create(recipient, { subscribe: true, notifierKey: key })
      const { notifier } = queue
      if (notifier === undefined) throw new Mismatch('a notifier in IDS', 'none')
      await sender.expect([key, notifier.id, NSUB], sender.sok)
      await deliver({ recipient, sender, queue }, 'hello')
      await hearNotification(sender, { notifier, queue }, 'hello')
    },
  },
]

const removing: readonly Check[] = [
  {
    id: 'SMP-N-021',
    title: 'NDEL: the subscriber gets DELD, and no notification any more',
    section: '14.1.19',
    needs,
    async run(scene) {
      const scenery = await watched(scene)
      const { recipient, watcher, queue, notifier } = scenery
      await recipient.expect([queue.key, queue.rid, NDEL], 'OK')
      await watcher.hear(notifier.id, watcher.version >= 10 ? 'DELD' : 'END')
      await deliver(scenery, 'unnoticed')
      await watcher.quiet()
    },
  },
  {
    id: 'SMP-N-022',
    title: 'NDEL may be repeated, and a new notifier works after it',
    section: '14.1.19',
    needs,
    async run(scene) {
      const scenery = await watched(scene)
      const { recipient, watcher, queue } = scenery
      await recipient.table([queue.key, queue.rid, NDEL, 'OK'], [queue.key, queue.rid, NDEL, 'OK'])
      await watcher.hear(scenery.notifier.id, watcher.version >= 10 ? 'DELD' : 'END')
      const key = signingKey()
      const notifier = await scene.addNotifier(recipient, queue, key)
      await watcher.expect([key, notifier.id, NSUB], watcher.sok)
      await deliver(scenery, 'hello')
      await hearNotification(watcher, { notifier, queue }, 'hello')
    },
  },
  {
    id: 'SMP-N-023',
    title: 'DEL of the queue: the subscriber of its notifier gets DELD',
    section: '6.2',
    needs,
    async run(scene) {
      const { recipient, watcher, queue, notifier } = await watched(scene)
      await recipient.expect([queue.key, queue.rid, DEL], 'OK')
      await watcher.hear(notifier.id, watcher.version >= 10 ? 'DELD' : 'END')
    },
  },
]

export const notificationChecks: readonly Check[] = [...subscribing, ...notifying, ...removing]
