import { type Check, expectSame, Mismatch } from '../check.ts'
import { DEL, SEND, SUB } from '../commands.ts'
import { queues, room } from '../facts.ts'
import type { Scene } from '../scene.ts'
import { pushed, sendAll } from './steps.ts'

const needs = [queues]

export const deliveryChecks: readonly Check[] = [
  {
    id: 'SMP-D-001',
    title: 'SUB takes a queue over: the message in hand comes again, the other connection gets END',
    section: '14.1.9',
    needs: [queues, room(2)],
    async run(scene) {
      const { second, queue } = await takenOver(scene)
      await second.expect([queue.key, queue.rid, queue.ack('unacknowledged')], 'OK')
    },
  },
  {
    id: 'SMP-D-002',
    title: 'after a take-over messages go to the new subscriber only',
    section: '14.1.9',
    needs: [queues, room(2)],
    async run(scene) {
      const { first, second, sender, queue } = await takenOver(scene)
      await second.expect([queue.key, queue.rid, queue.ack('unacknowledged')], 'OK')
      await sendAll(sender, queue, ['next'])
      await second.hear(queue.rid, 'MSG F "next"')
      await first.quiet()
    },
  },
  {
    id: 'SMP-D-003',
    title: 'after a take-over ACK of the former subscriber is NO_MSG and removes nothing',
    section: '14.1.9',
    needs: [queues, room(2)],
    async run(scene) {
      const { first, second, queue } = await takenOver(scene)
      await first.expect([queue.key, queue.rid, queue.ack('unacknowledged')], 'ERR NO_MSG')
      await second.expect([queue.key, queue.rid, SUB], second.sok)
      await second.hear(queue.rid, 'MSG F "unacknowledged"')
    },
  },
  {
    id: 'SMP-D-004',
    title: 'DEL by another connection: the subscriber gets DELD, and the other one nothing',
    section: '14.1.9',
    needs,
    async run(scene) {
      const [subscriber, other] = await scene.pair()
      const queue = await scene.create(subscriber, { subscribe: true })
      await other.expect([queue.key, queue.rid, DEL], 'OK')
      await subscriber.hear(queue.rid, subscriber.version >= 10 ? 'DELD' : 'END')
      await other.quiet()
    },
  },
  {
    id: 'SMP-D-005',
    title: 'SUB again on the same connection delivers the message in hand again',
    section: '6.2',
    needs,
    async run(scene) {
      const { recipient, queue } = await pushed(scene, 'hello')
      const { messageId } = queue.delivered('hello')
      await recipient.expect([queue.key, queue.rid, SUB], recipient.sok)
      await recipient.hear(queue.rid, 'MSG F "hello"')
      expectSame('the same id', queue.delivered('hello').messageId === messageId, true)
    },
  },
  {
    id: 'SMP-D-006',
    title: 'where the sender is the subscriber, it gets the message and the answer',
    section: '14.1.14',
    needs,
    async run(scene) {
      const peer = await scene.connect('both')
      const queue = await scene.create(peer, { subscribe: true })
      peer.say([[undefined, queue.sid, SEND('hello')]])
      const two = [await peer.next('MSG or OK'), await peer.next('MSG or OK')].map(
        ({ text }) => text,
      )
      if (two.toSorted().join() !== 'MSG F "hello",OK') throw new Mismatch('MSG and OK', two.join())
      scene.note(`${two.map((text) => text.slice(0, 3).trim()).join(' came before ')}`)
    },
  },
]

/** The second connection has what the first one had in hand. */
async function takenOver(scene: Scene) {
  const { recipient: first, sender, queue } = await pushed(scene, 'acknowledged', 'unacknowledged')
  const second = await scene.connect('second')
  const ack = queue.ack('acknowledged')
  await first.expect([queue.key, queue.rid, ack], 'MSG F "unacknowledged"')
  await second.expect([queue.key, queue.rid, SUB], second.sok)
  await second.hear(queue.rid, 'MSG F "unacknowledged"')
  await first.hear(queue.rid, 'END')
  return { first, second, sender, queue }
}
