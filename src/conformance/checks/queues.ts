/** Making queues and sending to them (SMP, 14.1 rows 1, 7 and 8). */
import { maxBodyBytes } from '../../protocol/version.ts'
import { type Check, expectSame, type Need } from '../check.ts'
import { KEY, SEND, signingKey } from '../commands.ts'
import { noPassword, password, queues } from '../facts.ts'
import type { Scene } from '../scene.ts'
import { messageText } from '../words.ts'
import { messaging, newLine, secured } from './steps.ts'

/** Unless it was told that there are none: then this is the check that fails. */
const newQueues: Need = ({ told, noQueues }) => (told.newQueues === false ? noQueues : undefined)
const noNewQueues: Need = ({ told }) =>
  told.newQueues === false ? undefined : 'queues are made, or so it was told: --no-new-queues'

const making: readonly Check[] = [
  {
    id: 'SMP-Q-001',
    title: 'NEW makes a queue with ids of 24 bytes',
    section: '14.1.1',
    needs: [newQueues],
    async run(scene) {
      const peer = await scene.connect('recipient')
      const queue = await scene.create(peer, { ...messaging, subscribe: true })
      expectSame('ids of', [queue.rid.length, queue.sid.length].join(' and '), '24 and 24')
      expectSame('ids that differ', queue.rid !== String(queue.sid), true)
    },
  },
  {
    id: 'SMP-Q-002',
    title: 'every NEW makes a queue of its own',
    section: '6.3',
    needs: [queues],
    async run(scene) {
      const peer = await scene.connect('recipient')
      const key = signingKey()
      const [one, other] = [await scene.create(peer, { key }), await scene.create(peer, { key })]
      expectSame('recipient ids that differ', one.rid !== other.rid, true)
      expectSame('sender ids that differ', one.sid !== other.sid, true)
    },
  },
  {
    id: 'SMP-Q-003',
    title: 'where new queues are off, NEW is refused with AUTH',
    section: '14.1.7',
    needs: [noNewQueues],
    async run(scene) {
      const peer = await scene.connect('recipient')
      await peer.expect(newLine(signingKey(), scene.facts.told), 'ERR AUTH')
    },
  },
  {
    id: 'SMP-Q-004',
    title: 'where a password is asked for, NEW without it or with another one is refused with AUTH',
    section: '6.3',
    needs: [password],
    async run(scene) {
      const peer = await scene.connect('recipient')
      const wrong = `${scene.facts.told.password}x`
      await peer.expect(newLine(signingKey()), 'ERR AUTH')
      await peer.expect(newLine(signingKey(), { password: wrong }), 'ERR AUTH')
    },
  },
  {
    id: 'SMP-Q-005',
    title: 'where no password is asked for, NEW with any password makes a queue',
    section: '6.3',
    needs: [queues, noPassword],
    async run(scene) {
      await scene.create(await scene.connect('recipient'), { password: 'any' })
    },
  },
]

const sending: readonly Check[] = [
  {
    id: 'SMP-Q-011',
    title: 'an unsigned SEND to an unsecured queue is pushed to its subscriber and decrypts',
    section: '14.1.1',
    needs: [queues],
    async run(scene) {
      const [recipient, sender] = await scene.pair()
      const queue = await scene.create(recipient, { subscribe: true })
      await sender.expect([undefined, queue.sid, SEND('hello')], 'OK')
      await recipient.hear(queue.rid, 'MSG F "hello"')
      const { messageId, timestamp } = queue.delivered('hello')
      expectSame('a message id of bytes', messageId.length, 24)
      const days = Math.abs(Date.now() / 1000 - timestamp) / 86_400
      expectSame('a time of today', days < 1, true)
    },
  },
  {
    id: 'SMP-Q-012',
    title: 'a signed SEND to an unsecured queue is refused with AUTH',
    section: '14.1.1',
    needs: [queues],
    async run(scene) {
      const [recipient, sender] = await scene.pair()
      const queue = await scene.create(recipient)
      await sender.expect([signingKey(), queue.sid, SEND('hello')], 'ERR AUTH')
    },
  },
  {
    id: 'SMP-Q-013',
    title: 'once a queue is secured, only SEND with its key is taken',
    section: '14.1.1',
    needs: [queues],
    async run(scene) {
      const [recipient, sender] = await scene.pair()
      const { queue, senderKey } = await secured(scene, recipient, { subscribe: true })
      await sender.table(
        [undefined, queue.sid, SEND('unsigned'), 'ERR AUTH'],
        [signingKey(), queue.sid, SEND('another key'), 'ERR AUTH'],
        [{ damaged: senderKey }, queue.sid, SEND('damaged'), 'ERR AUTH'],
        [senderKey, queue.sid, SEND('hello'), 'OK'],
      )
      await recipient.hear(queue.rid, 'MSG F "hello"')
    },
  },
  {
    id: 'SMP-Q-014',
    title: 'the largest body is delivered, and one byte more is LARGE_MSG',
    section: '14.1.1',
    needs: [queues],
    run: largestBody,
  },
  {
    id: 'SMP-Q-015',
    title: 'an empty body is a message',
    section: '15.4.1',
    needs: [queues],
    async run(scene) {
      const [recipient, sender] = await scene.pair()
      const queue = await scene.create(recipient, { subscribe: true })
      await sender.expect([undefined, queue.sid, SEND('')], 'OK')
      await recipient.hear(queue.rid, 'MSG F ""')
    },
  },
  {
    id: 'SMP-Q-016',
    title: 'flags of later versions are ignored',
    section: '6.4',
    needs: [queues],
    async run(scene) {
      const [recipient, sender] = await scene.pair()
      const queue = await scene.create(recipient, { subscribe: true })
      await sender.expect([undefined, queue.sid, 'SEND T123 hello'], 'OK')
      await recipient.hear(queue.rid, 'MSG T "hello"')
    },
  },
  {
    id: 'SMP-Q-017',
    title: 'two clients exchange messages over two queues',
    section: '14.1.8',
    needs: [queues],
    run: duplex,
  },
]

async function largestBody(scene: Scene): Promise<void> {
  const [recipient, sender] = await scene.pair()
  const { queue, senderKey } = await secured(scene, recipient, { subscribe: true })
  const largest = 'x'.repeat(maxBodyBytes(sender.version))
  await sender.expect([senderKey, queue.sid, SEND(largest)], 'OK')
  await recipient.hear(queue.rid, messageText(largest))
  await recipient.expect([queue.key, queue.rid, queue.ack(largest)], 'OK')
  await sender.expect([senderKey, queue.sid, SEND(`${largest}x`)], 'ERR LARGE_MSG')
}

async function duplex(scene: Scene): Promise<void> {
  const [alice, bob] = [await scene.connect('Alice'), await scene.connect('Bob')]
  const toAlice = await scene.create(alice, { subscribe: true })
  const toBob = await scene.create(bob, { subscribe: true })
  const [aliceKey, bobKey] = [signingKey(), signingKey()]
  await alice.expect([toAlice.key, toAlice.rid, KEY(bobKey)], 'OK')
  await bob.expect([toBob.key, toBob.rid, KEY(aliceKey)], 'OK')
  await bob.expect([bobKey, toAlice.sid, SEND('hello Alice')], 'OK')
  await alice.hear(toAlice.rid, 'MSG F "hello Alice"')
  await alice.table(
    [toAlice.key, toAlice.rid, toAlice.ack('hello Alice'), 'OK'],
    [aliceKey, toBob.sid, SEND('hello Bob'), 'OK'],
  )
  await bob.hear(toBob.rid, 'MSG F "hello Bob"')
  await bob.expect([toBob.key, toBob.rid, toBob.ack('hello Bob')], 'OK')
}

export const queueChecks: readonly Check[] = [...making, ...sending]
