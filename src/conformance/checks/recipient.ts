/** Recipient keys, suspension, deletion, and many queues (SMP, 14.1 rows 4 to 6). */
import { noBytes } from '../../protocol/bytes.ts'
import { messageIdOf } from '../../protocol/ids.ts'
import { type Check, expectSame, Mismatch } from '../check.ts'
import {
  ACK,
  bigSigningKey,
  DEL,
  dhKey,
  OFF,
  QUE,
  RKEY,
  SEND,
  SUB,
  signingKey,
} from '../commands.ts'
import { fromVersion, queues, room } from '../facts.ts'
import type { Peer } from '../peer.ts'
import type { CheckedQueue } from '../queue.ts'
import type { Scene } from '../scene.ts'
import { contact, messaging, pushed, secured, sendAll } from './steps.ts'

const infoOf = async (peer: Peer, queue: CheckedQueue, key = queue.key): Promise<object> => {
  const { json } = await peer.request([key, queue.rid, QUE], 'INFO')
  const info: unknown = JSON.parse(json)
  if (typeof info !== 'object' || info === null) throw new Mismatch('an object in INFO', json)
  return info
}

const field = (info: object, name: string): unknown =>
  Object.getOwnPropertyDescriptor(info, name)?.value

const keys: readonly Check[] = [
  {
    id: 'SMP-R-001',
    title: 'RKEY gives a contact queue several keys, each of which works',
    section: '14.1.4',
    needs: [queues, fromVersion(15)],
    async run(scene) {
      const peer = await scene.connect('recipient')
      const queue = await scene.create(peer, contact)
      const second = dhKey()
      await peer.expect([second, queue.rid, QUE], 'ERR AUTH')
      scene.alsoKey(queue, second)
      await peer.expect([queue.key, queue.rid, RKEY(queue.key, second)], 'OK')
      await infoOf(peer, queue)
      await infoOf(peer, queue, second)
    },
  },
  {
    id: 'SMP-R-002',
    title: 'RKEY removes keys, adds them back, and lets a key remove itself',
    section: '14.1.4',
    needs: [queues, fromVersion(15)],
    run: replacedKeys,
  },
  {
    id: 'SMP-R-003',
    title: 'RKEY of a queue that is no contact queue is refused with AUTH',
    section: '6.2',
    needs: [queues, fromVersion(15)],
    async run(scene) {
      const peer = await scene.connect('recipient')
      const queue = await scene.create(peer, messaging)
      const other = signingKey()
      scene.alsoKey(queue, other)
      await peer.expect([queue.key, queue.rid, RKEY(other)], 'ERR AUTH')
      await infoOf(peer, queue)
    },
  },
  {
    id: 'SMP-R-004',
    title: 'QUE describes the queue: secured or not, notifier or not, size and head',
    section: '7.2',
    needs: [queues],
    async run(scene) {
      const [recipient, sender] = await scene.pair()
      const queue = await scene.create(recipient)
      const before = await infoOf(recipient, queue)
      expectSame('qiSnd', field(before, 'qiSnd'), false)
      expectSame('qiNtf', field(before, 'qiNtf'), false)
      expectSame('qiSize', field(before, 'qiSize'), 0)
      await sendAll(sender, queue, ['hello'])
      await scene.addNotifier(recipient, queue, signingKey())
      const after = await infoOf(recipient, queue)
      expectSame('qiNtf', field(after, 'qiNtf'), true)
      expectSame('qiSize', field(after, 'qiSize'), 1)
      const head = field(after, 'qiMsg')
      const type = typeof head === 'object' && head !== null && field(head, 'msgType')
      expectSame('msgType of qiMsg', type, 'message')
    },
  },
]

async function replacedKeys(scene: Scene): Promise<void> {
  const peer = await scene.connect('recipient')
  const queue = await scene.create(peer, contact)
  const [first, second] = [queue.key, bigSigningKey()]
  scene.alsoKey(queue, second)
  await peer.table(
    [first, queue.rid, RKEY(second), 'OK'],
    [first, queue.rid, QUE, 'ERR AUTH'],
    [first, queue.rid, RKEY(first), 'ERR AUTH'],
    [second, queue.rid, RKEY(second, first), 'OK'],
  )
  await infoOf(peer, queue, first)
  await peer.expect([first, queue.rid, RKEY(second)], 'OK')
  await peer.expect([first, queue.rid, QUE], 'ERR AUTH')
  await infoOf(peer, queue, second)
}

const forOwnerOnly = (id: Check['id'], command: typeof OFF | typeof DEL): Check => ({
  id,
  title: `${command.tag} with another signature, or with the sender id, is refused with AUTH`,
  section: '14.1.5',
  needs: [queues],
  async run(scene) {
    const peer = await scene.connect('recipient')
    const { queue, senderKey } = await secured(scene, peer)
    await peer.table(
      [senderKey, queue.rid, command, 'ERR AUTH'],
      [queue.key, queue.sid, command, 'ERR AUTH'],
    )
  },
})

const endings: readonly Check[] = [
  forOwnerOnly('SMP-R-011', OFF),
  {
    id: 'SMP-R-012',
    title: 'OFF may be repeated, and ends SEND with AUTH',
    section: '14.1.5',
    needs: [queues],
    async run(scene) {
      const [recipient, sender] = await scene.pair()
      const { queue, senderKey } = await secured(scene, recipient)
      await recipient.table([queue.key, queue.rid, OFF, 'OK'], [queue.key, queue.rid, OFF, 'OK'])
      await sender.table(
        [senderKey, queue.sid, SEND('hello'), 'ERR AUTH'],
        [undefined, queue.sid, SEND('hello'), 'ERR AUTH'],
      )
    },
  },
  {
    id: 'SMP-R-013',
    title: 'what is in a suspended queue can be received',
    section: '14.1.5',
    needs: [queues, room(2)],
    async run(scene) {
      const { recipient, queue } = await pushed(scene, 'hello', 'hello again')
      await recipient.table(
        [queue.key, queue.rid, OFF, 'OK'],
        [queue.key, queue.rid, SUB, recipient.sok],
      )
      await recipient.hear(queue.rid, 'MSG F "hello"')
      await recipient.table(
        [queue.key, queue.rid, queue.ack('hello'), 'MSG F "hello again"'],
        [queue.key, queue.rid, () => queue.ack('hello again'), 'OK'],
      )
    },
  },
  forOwnerOnly('SMP-R-014', DEL),
  {
    id: 'SMP-R-015',
    title: 'after DEL every command on the queue is refused with AUTH',
    section: '14.1.5',
    needs: [queues],
    run: deleted,
  },
]

async function deleted(scene: Scene): Promise<void> {
  const [recipient, sender] = await scene.pair()
  const { queue, senderKey } = await secured(scene, recipient, { subscribe: true })
  await sender.expect([senderKey, queue.sid, SEND('hello')], 'OK')
  await recipient.hear(queue.rid, 'MSG F "hello"')
  await recipient.expect([queue.key, queue.rid, DEL], 'OK')
  await sender.table(
    [senderKey, queue.sid, SEND('hello'), 'ERR AUTH'],
    [undefined, queue.sid, SEND('hello'), 'ERR AUTH'],
  )
  await recipient.table(
    [queue.key, queue.rid, ACK(messageIdOf(noBytes)), 'ERR AUTH'],
    [queue.key, queue.rid, OFF, 'ERR AUTH'],
    [queue.key, queue.rid, SUB, 'ERR AUTH'],
    [queue.key, queue.rid, DEL, 'ERR AUTH'],
  )
}

const QUEUES = 50

const many: readonly Check[] = [
  {
    id: 'SMP-R-021',
    title: 'fifty queues of one key, empty correlation ids: two connections subscribe in turn',
    section: '14.1.6',
    needs: [queues],
    async run(scene) {
      const maker = await scene.connect('first')
      const key = signingKey()
      const all: CheckedQueue[] = []
      while (all.length < QUEUES)
        all.push(await scene.create(maker, { key, correlationId: noBytes }))
      maker.close()
      await maker.ended
      const [second, third] = [await scene.connect('second'), await scene.connect('third')]
      for (const peer of [second, third]) {
        peer.say(
          all.map(({ rid }) => [key, rid, SUB] as const),
          noBytes,
        )
        for (const { rid } of all) await peer.hear(rid, peer.sok)
      }
    },
  },
]

export const recipientChecks: readonly Check[] = [...keys, ...endings, ...many]
