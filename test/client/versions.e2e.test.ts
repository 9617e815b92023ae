/** A queue's whole life with the relay, at every version and with every kind of key. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { openClient, type RecipientQueue } from '../../src/client/index.ts'
import type { KeyAlgorithm } from '../../src/crypto/provider.ts'
import { latin1Text, utf8Bytes, utf8Text } from '../../src/protocol/bytes.ts'
import { maxBodyBytes } from '../../src/protocol/version.ts'
import { expectRefusal } from './support/failure.ts'
import { next } from './support/next.ts'
import { startTestRelay, type TestRelay } from './support/relay.ts'

let relay: TestRelay
before(async () => {
  relay = await startTestRelay({ notificationIntervalMs: '1' })
})
after(() => relay[Symbol.asyncDispose]())

const open = (version: number) =>
  openClient({ address: relay.address, versions: { min: 6, max: version } })

const receive = async (queue: RecipientQueue): Promise<string> => {
  const message = await next(queue.messages)
  await message.ack()
  return utf8Text(message.body)
}

const algorithms = (version: number): readonly KeyAlgorithm[] =>
  version === 6 ? ['Ed25519', 'Ed448'] : ['Ed25519', 'Ed448', 'X25519']

for (let version = 6; version <= 18; version++)
  describe(`v${version}`, () => {
    for (const algorithm of algorithms(version))
      it(`carries messages with ${algorithm} keys`, async () => {
        await using alice = await open(version)
        await using bob = await open(version)
        assert.equal((await alice.connection()).version, version)
        const queue = await alice.createQueue({ keyAlgorithm: algorithm })
        const key = await bob.makeSenderKey(algorithm)
        const unsigned = bob.openSender({ senderId: queue.senderId })
        const sender = bob.openSender({ senderId: queue.senderId, key })

        await unsigned.send(utf8Bytes('hello'))
        assert.equal(await receive(queue), 'hello')
        if (version >= 9) await sender.secure()
        else await queue.secure(key.publicKey)
        await expectRefusal(unsigned.send(utf8Bytes('again')), 'AUTH')

        for (const text of ['one', 'two', 'three']) await sender.send(utf8Bytes(text))
        assert.equal((await queue.info()).size, 3)
        for (const text of ['one', 'two', 'three']) assert.equal(await receive(queue), text)

        const largest = 'x'.repeat(maxBodyBytes(version))
        await sender.send(utf8Bytes(largest))
        assert.equal(await receive(queue), largest)
        await expectRefusal(sender.send(utf8Bytes(`${largest}x`)), 'LARGE_MSG')

        await queue.suspend()
        await expectRefusal(sender.send(utf8Bytes('late')), 'AUTH')
        await queue.delete()
        await expectRefusal(queue.info(), 'AUTH')
      })

    it('gets messages one by one', async () => {
      await using client = await open(version)
      const queue = await client.createQueue({ subscribe: false })
      const sender = client.openSender({ senderId: queue.senderId })
      assert.equal(await queue.get(), undefined)
      await sender.send(utf8Bytes('one'))
      await sender.send(utf8Bytes('two'))
      const first = await queue.get()
      assert.equal((await queue.get())?.id, first?.id)
      await first?.ack()
      const second = await queue.get()
      assert.equal(latin1Text(second?.body ?? new Uint8Array(0)), 'two')
      await second?.ack()
      assert.equal(await queue.get(), undefined)
    })

    it('notifies', async () => {
      await using client = await open(version)
      await using watcher = await open(version)
      const queue = await client.createQueue()
      const notifier = watcher.openNotifier(await queue.addNotifier())
      await notifier.subscribe()
      const sender = client.openSender({ senderId: queue.senderId })
      await sender.send(utf8Bytes('quiet'))
      await sender.send(utf8Bytes('loud'), { notification: true })
      const notification = await next(notifier.notifications)
      const quiet = await next(queue.messages)
      await quiet.ack()
      const loud = await next(queue.messages)
      assert.deepEqual({ messageId: loud.id, timestamp: loud.timestamp }, notification)
      assert.equal(loud.notification, true)
      await queue.removeNotifier()
      await assert.rejects(next(notifier.notifications), { name: 'SubscriptionEnded' })
    })
  })
