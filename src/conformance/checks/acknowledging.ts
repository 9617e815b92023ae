/** Acknowledging and getting messages (SMP, 6.2, 14.1 rows 10, 11, 13 and 15). */
import { noBytes } from '../../protocol/bytes.ts'
import { messageIdOf } from '../../protocol/ids.ts'
import { type Check, expectSame } from '../check.ts'
import { ACK, GET, SEND, SUB, unknownMessage } from '../commands.ts'
import { queues, room } from '../facts.ts'
import type { Scene } from '../scene.ts'
import { pushed, sendAll } from './steps.ts'

const needs = [queues]

const acknowledging: readonly Check[] = [
  {
    id: 'SMP-D-011',
    title: 'ACK removes the message, and a second ACK is NO_MSG',
    section: '14.1.1',
    needs,
    async run(scene) {
      const { recipient, queue } = await pushed(scene, 'hello')
      await recipient.table(
        [queue.key, queue.rid, queue.ack('hello'), 'OK'],
        [queue.key, queue.rid, queue.ack('hello'), 'ERR NO_MSG'],
      )
    },
  },
  {
    id: 'SMP-D-012',
    title: 'one message is in hand at a time, and they come in the order of their OKs',
    section: '8.4',
    needs: [queues, room(3)],
    async run(scene) {
      const { recipient, queue } = await pushed(scene, '1', '2', '3')
      await recipient.quiet()
      await recipient.table(
        [queue.key, queue.rid, queue.ack('1'), 'MSG F "2"'],
        [queue.key, queue.rid, () => queue.ack('2'), 'MSG F "3"'],
        [queue.key, queue.rid, () => queue.ack('3'), 'OK'],
      )
    },
  },
  {
    id: 'SMP-D-013',
    title: 'ACK of another id is NO_MSG and changes nothing',
    section: '6.2',
    needs,
    async run(scene) {
      const [recipient, sender] = await scene.pair()
      const queue = await scene.create(recipient, { subscribe: true })
      await recipient.expect([queue.key, queue.rid, ACK(unknownMessage())], 'ERR NO_MSG')
      await sendAll(sender, queue, ['hello'])
      await recipient.hear(queue.rid, 'MSG F "hello"')
      await recipient.table(
        [queue.key, queue.rid, ACK(unknownMessage()), 'ERR NO_MSG'],
        [queue.key, queue.rid, queue.ack('hello'), 'OK'],
      )
    },
  },
  {
    id: 'SMP-D-014',
    title: 'ACK with an empty id removes no message',
    section: '15.2.2',
    needs,
    async run(scene) {
      const { recipient, queue } = await pushed(scene, 'hello')
      const answers = ['MSG F "hello"', 'ERR NO_MSG']
      await recipient.expect([queue.key, queue.rid, ACK(messageIdOf(noBytes))], answers)
      await recipient.expect([queue.key, queue.rid, SUB], recipient.sok)
      await recipient.hear(queue.rid, 'MSG F "hello"')
    },
  },
  {
    id: 'SMP-D-015',
    title: 'what was not acknowledged comes again after a lost connection, then the rest in order',
    section: '14.1.15',
    needs: [queues, room(3)],
    run: redelivered,
  },
  {
    id: 'SMP-D-016',
    title: 'two senders at once: the first message is pushed, the second comes with its ACK',
    section: '14.1.13',
    needs: [queues, room(2)],
    run: concurrentSenders,
  },
]

async function redelivered(scene: Scene): Promise<void> {
  const { recipient: lost, queue } = await pushed(scene, '1', '2', '3')
  await lost.expect([queue.key, queue.rid, queue.ack('1')], 'MSG F "2"')
  const { messageId } = queue.delivered('2')
  lost.close()
  await lost.ended
  const again = await scene.connect('recipient, again')
  await again.expect([queue.key, queue.rid, SUB], again.sok)
  await again.hear(queue.rid, 'MSG F "2"')
  expectSame('the same id', queue.delivered('2').messageId === messageId, true)
  await again.table(
    [queue.key, queue.rid, () => queue.ack('2'), 'MSG F "3"'],
    [queue.key, queue.rid, () => queue.ack('3'), 'OK'],
  )
}

const ROUNDS = 20

async function concurrentSenders(scene: Scene): Promise<void> {
  const recipient = await scene.connect('recipient')
  const senders = [await scene.connect('sender 1'), await scene.connect('sender 2')]
  const queue = await scene.create(recipient, { subscribe: true })
  for (let round = 0; round < ROUNDS; round++) {
    const bodies = senders.map((_, i) => `${i + 1} of round ${round}`)
    const sent = senders.map((sender, i) =>
      sender.expect([undefined, queue.sid, SEND(bodies[i] ?? '')], 'OK'),
    )
    await Promise.all(sent)
    const pushed = await recipient.hear(
      queue.rid,
      bodies.map((body) => `MSG F "${body}"`),
    )
    const [first = '', second = ''] = bodies.toSorted((a) => (pushed.text.includes(a) ? -1 : 1))
    await recipient.table(
      [queue.key, queue.rid, queue.ack(first), `MSG F "${second}"`],
      [queue.key, queue.rid, () => queue.ack(second), 'OK'],
    )
  }
}

const getting: readonly Check[] = [
  {
    id: 'SMP-D-021',
    title: 'GET gives the oldest message until it is acknowledged, and OK when there is none',
    section: '14.1.10',
    needs,
    async run(scene) {
      const [recipient, sender] = await scene.pair()
      const queue = await scene.create(recipient)
      await sendAll(sender, queue, ['hello'])
      await recipient.quiet()
      await recipient.expect([queue.key, queue.rid, GET], 'MSG F "hello"')
      const { messageId } = queue.delivered('hello')
      await recipient.expect([queue.key, queue.rid, GET], 'MSG F "hello"')
      expectSame('the same id', queue.delivered('hello').messageId === messageId, true)
      await recipient.table(
        [queue.key, queue.rid, queue.ack('hello'), 'OK'],
        [queue.key, queue.rid, GET, 'OK'],
      )
    },
  },
  {
    id: 'SMP-D-022',
    title: 'GET by a subscriber and SUB after GET are CMD PROHIBITED',
    section: '14.1.11',
    needs,
    async run(scene) {
      const [subscriber, getter] = await scene.pair()
      const queue = await scene.create(subscriber, { subscribe: true })
      await subscriber.expect([queue.key, queue.rid, GET], 'ERR CMD PROHIBITED')
      await getter.table(
        [queue.key, queue.rid, GET, 'OK'],
        [queue.key, queue.rid, SUB, 'ERR CMD PROHIBITED'],
      )
    },
  },
  {
    id: 'SMP-D-023',
    title: 'a getter beside a subscriber sees the same messages, and each ACK removes one once',
    section: '14.1.11',
    needs: [queues, room(3)],
    run: getAndSub,
  },
]

async function getAndSub(scene: Scene): Promise<void> {
  const { recipient: subscriber, queue } = await pushed(scene, '1', '2', '3')
  const getter = await scene.connect('getter')
  const { messageId } = queue.delivered('1')
  await getter.expect([queue.key, queue.rid, GET], 'MSG F "1"')
  expectSame('the same id', queue.delivered('1').messageId === messageId, true)
  await subscriber.expect([queue.key, queue.rid, queue.ack('1')], 'MSG F "2"')
  await getter.table(
    [queue.key, queue.rid, ACK(unknownMessage()), 'ERR NO_MSG'],
    // the subscriber has removed it meanwhile
    [queue.key, queue.rid, ACK(messageId), 'OK'],
    [queue.key, queue.rid, GET, 'MSG F "2"'],
    // no message comes with a getter's ACK, though there is one
    [queue.key, queue.rid, () => queue.ack('2'), 'OK'],
  )
  await subscriber.expect([queue.key, queue.rid, queue.ack('2')], 'MSG F "3"')
  await subscriber.expect([queue.key, queue.rid, queue.ack('3')], 'OK')
  await getter.expect([queue.key, queue.rid, GET], 'OK')
}

export const acknowledgingChecks: readonly Check[] = [...acknowledging, ...getting]
