/** The client against the relay: what needs more than one connection, queue or command. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import {
  connectSmp,
  contactLinkId,
  encodeFixedData,
  makeLink,
  openClient,
  openLink,
  parseShortLink,
  printShortLink,
  type SmpClient,
} from '../../src/client/index.ts'
import { nativeCrypto as crypto } from '../../src/crypto/native.ts'
import { nobleCrypto } from '../../src/crypto/noble.ts'
import { utf8Bytes, utf8Text } from '../../src/protocol/bytes.ts'
import { linkIdOf } from '../../src/protocol/ids.ts'
import { expectRefusal } from './support/failure.ts'
import { startForwarder } from './support/forwarder.ts'
import { next } from './support/next.ts'
import { startTestRelay, type TestRelay } from './support/relay.ts'

const password = 'open-sesame'
let relay: TestRelay
let address: TestRelay['address'] & { readonly password: string }
before(async () => {
  relay = await startTestRelay({ createPassword: password, queueQuota: '2' })
  address = { ...relay.address, password }
})
after(() => relay[Symbol.asyncDispose]())

const open = (): Promise<SmpClient> => openClient({ address })
const fixed = utf8Bytes('fixed')
const user = utf8Bytes('user')

describe('a queue', () => {
  it('has one subscriber', async () => {
    await using first = await open()
    await using second = await open()
    const queue = await first.createQueue()
    const events = first.events()
    const taken = second.openQueue(queue.credentials)
    await taken.subscribe()
    const ended = await next(events)
    assert.ok(ended.tag === 'subscriptionEnded' && ended.queue === queue)
    assert.equal(ended.reason, 'taken over')
    await first.openSender(queue).send(utf8Bytes('to the second'))
    const message = await next(taken.messages)
    assert.equal(utf8Text(message.body), 'to the second')
    await queue.delete()
    await assert.rejects(next(taken.messages), { name: 'SubscriptionEnded', reason: 'deleted' })
  })

  it('tells its recipient that it was full', async () => {
    await using client = await open()
    const queue = await client.createQueue()
    const events = client.events()
    const sender = client.openSender(queue)
    await sender.send(utf8Bytes('one'))
    await sender.send(utf8Bytes('two'))
    await expectRefusal(sender.send(utf8Bytes('three')), 'QUOTA')
    assert.equal((await queue.info()).size, 3)
    for (const text of ['one', 'two']) {
      const message = await next(queue.messages)
      assert.equal(utf8Text(message.body), text)
      await message.ack()
    }
    const event = await next(events)
    assert.ok(event.tag === 'overQuota' && event.queue === queue)
    // the marker is acknowledged by the client, after which there is room again
    while ((await queue.info()).size > 0);
    await sender.send(utf8Bytes('three'))
    assert.equal(utf8Text((await next(queue.messages)).body), 'three')
  })

  it('asks for the password of the relay', async () => {
    await using stranger = await openClient({ address: relay.address })
    await expectRefusal(stranger.createQueue(), 'AUTH')
    await stranger.createQueue({ password })
  })

  it('lets its recipient keys be replaced', async () => {
    await using client = await open()
    const queue = await client.createQueue({ mode: 'contact' })
    const { publicKey, privateKey } = crypto.generateKeyPair('Ed448')
    await queue.replaceKeys([publicKey])
    await expectRefusal(queue.info(), 'AUTH')
    const same = client.openQueue({ ...queue.credentials, key: privateKey })
    assert.deepEqual(await same.info().then(({ isSecured, size }) => [isSecured, size]), [false, 0])
  })

  it('may be made with its notifier', async () => {
    await using client = await open()
    const { credentials } = await client.createQueue({ notifier: true })
    assert.ok(credentials.notifier)
    await client.openNotifier(credentials.notifier).subscribe()
  })
})

describe('link data', () => {
  it('of a contact queue can be read, changed and deleted', async () => {
    await using client = await open()
    const linkId = linkIdOf(crypto.randomBytes(24))
    const queue = await client.createQueue({
      mode: 'contact',
      link: () => ({ linkId, fixed, user }),
    })
    assert.equal(queue.credentials.linkId, linkId)
    const { senderId } = queue
    assert.deepEqual(await client.readContactLink(linkId), { senderId, fixed, user })
    await queue.setLinkData(linkId, { fixed, user: utf8Bytes('other') })
    assert.equal(utf8Text((await client.readContactLink(linkId)).user), 'other')
    await queue.deleteLinkData()
    await expectRefusal(client.readContactLink(linkId), 'AUTH')
  })

  it('of an invitation secures the queue for its reader', async () => {
    await using client = await open()
    const senders: string[] = []
    const queue = await client.createQueue({
      link: (senderId) => {
        senders.push(senderId)
        return { fixed, user }
      },
    })
    assert.deepEqual(senders, [queue.senderId])
    const { linkId } = queue.credentials
    assert.ok(linkId)
    const key = await client.makeSenderKey()
    const read = await client.readInvitationLink(linkId, key)
    assert.deepEqual(read, { senderId: queue.senderId, fixed, user })
    await expectRefusal(client.readInvitationLink(linkId, await client.makeSenderKey()), 'AUTH')
    await client.openSender({ senderId: queue.senderId, key }).send(utf8Bytes('hello'))
    assert.equal(utf8Text((await next(queue.messages)).body), 'hello')
  })
})

describe('a short link', () => {
  const rootKey = crypto.generateKeyPair('Ed25519')
  const fixedOf = (text: string) =>
    encodeFixedData({
      agentVersions: { min: 2, max: 7 },
      rootKey: rootKey.publicKey,
      content: utf8Bytes(text),
    })

  it('leads to a contact queue, and to what its owner says anew', async () => {
    await using client = await open()
    const parts = { rootKey, fixed: fixedOf('how to reach me'), user: utf8Bytes('my name') }
    const { linkKey, linkId, data } = makeLink(crypto, 'contact', parts)
    assert.ok(linkId)
    const queue = await client.createQueue({ mode: 'contact', link: () => ({ linkId, ...data }) })
    const text = printShortLink({
      kind: 'contact',
      contactKind: 'contact',
      linkKey,
      server: relay.address,
    })
    const link = parseShortLink(text)
    const read = async () => {
      const found = await client.readContactLink(contactLinkId(crypto, link.linkKey))
      assert.equal(found.senderId, queue.senderId)
      return openLink(crypto, 'contact', { linkKey: link.linkKey, data: found })
    }
    const { content, user } = await read()
    assert.deepEqual([content, user], [utf8Bytes('how to reach me'), utf8Bytes('my name')])
    const renamed = makeLink(crypto, 'contact', { ...parts, user: utf8Bytes('my new name') })
    await queue.setLinkData(linkId, { fixed: data.fixed, user: renamed.data.user })
    assert.equal(utf8Text((await read()).user), 'my new name')
  })

  it('leads one reader to an invitation', async () => {
    await using client = await open()
    const parts = { rootKey, fixed: fixedOf('one queue'), user: utf8Bytes('for you') }
    const { linkKey, data } = makeLink(crypto, 'invitation', parts)
    const { credentials } = await client.createQueue({ link: () => data })
    const { linkId } = credentials
    assert.ok(linkId)
    const found = await client.readInvitationLink(linkId, await client.makeSenderKey())
    const { content } = openLink(crypto, 'invitation', { linkKey, data: found })
    assert.equal(utf8Text(content), 'one queue')
  })
})

describe('a connection', () => {
  it('without ALPN speaks v6', async () => {
    await using connection = await connectSmp({ address, alpn: false })
    assert.equal(connection.version, 6)
    assert.deepEqual(await connection.request({ tag: 'PING' }), { tag: 'PONG' })
  })

  it('works with the crypto of browsers', async () => {
    await using client = await openClient({ address, crypto: nobleCrypto })
    const queue = await client.createQueue()
    const key = await client.makeSenderKey()
    const sender = client.openSender({ senderId: queue.senderId, key })
    await sender.secure()
    await sender.send(utf8Bytes('hello'))
    assert.equal(utf8Text((await next(queue.messages)).body), 'hello')
  })

  it('is made again when it is cut, and misses nothing', async () => {
    assert.ok(relay.address.port)
    await using network = await startForwarder(relay.address.port)
    const options = { address: { ...address, port: network.port }, backoff: { firstMs: 1 } }
    await using client = await openClient(options)
    await using sending = await open()
    const events = client.events()
    const queues = await Promise.all(Array.from({ length: 150 }, () => client.createQueue()))
    const [queue] = queues
    assert.ok(queue)
    const sender = sending.openSender(queue)
    await sender.send(utf8Bytes('before'))
    const before = await next(client.messages)
    network.cut()
    assert.equal((await next(events)).tag, 'disconnected')
    await sender.send(utf8Bytes('meanwhile'))
    assert.equal((await next(events)).tag, 'connected')
    await before.ack()
    const meanwhile = await next(client.messages)
    assert.equal(utf8Text(meanwhile.body), 'meanwhile')
    await meanwhile.ack()
    const last = queues.at(-1)
    assert.ok(last)
    await sending.openSender(last).send(utf8Bytes('to another'))
    assert.equal((await next(client.messages)).queue, last)
  })
})
