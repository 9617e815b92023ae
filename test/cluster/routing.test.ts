/** Private routing and WebSocket with any pod of a cluster at either end. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import {
  acceptInvitation,
  connectSmp,
  createInvitation,
  openClient,
  openProxySession,
} from '../../src/client/index.ts'
import { nativeCrypto as crypto } from '../../src/crypto/native.ts'
import { utf8Bytes } from '../../src/protocol/bytes.ts'
import { OK, refusal } from '../../src/protocol/reply.ts'
import { next } from '../client/support/next.ts'
import { nextText } from '../support/next-text.ts'
import { Pods } from '../support/pods.ts'
import { redisUrl } from '../support/redis.ts'
import { startWebPods, type WebPods } from '../support/web-pods.ts'

const MESSAGES = 20

let web: WebPods
let others: Pods
before(async () => {
  const env = { SLUICE_PROXY_ALLOW_PRIVATE: 'on' }
  web = await startWebPods({ url: await redisUrl('a:'), count: 3, env })
  others = await Pods.start({ url: await redisUrl('b:'), count: 2, env })
})
after(async () => {
  await web[Symbol.asyncDispose]()
  await others[Symbol.asyncDispose]()
})

describe('private routing', { timeout: 120_000 }, () => {
  const routes = [
    ['from one cluster to another', () => web.pods.at(0), () => others.at(0), () => others.at(1)],
    ['from another pod of it', () => web.pods.at(1), () => others.at(1), () => others.at(0)],
    [
      'within a cluster, over three pods',
      () => web.pods.at(0),
      () => web.pods.at(1),
      () => web.pods.at(2),
    ],
  ] as const
  for (const [name, proxy, destination, home] of routes)
    test(`${name}: secures the queue and sends to its subscriber on another pod`, async () => {
      await using recipient = await openClient({ address: home().address })
      const queue = await recipient.createQueue()
      const entityId = queue.credentials.senderId
      await using sender = await connectSmp({ address: proxy().address })
      const session = await openProxySession(sender, destination().address)
      const { publicKey: senderKey, privateKey: key } = crypto.generateKeyPair('X25519')
      const options = { entityId, key }
      assert.deepEqual(await session.request({ tag: 'SKEY', senderKey }, options), OK)
      for (let index = 0; index < MESSAGES; index += 1) {
        const body = utf8Bytes(`message ${index}`)
        const message = { tag: 'SEND', notification: false, body } as const
        assert.deepEqual(await session.request(message, options), OK)
      }
      for (let index = 0; index < MESSAGES; index += 1)
        assert.equal(await nextText(queue), `message ${index}`)
      const body = utf8Bytes('unsigned')
      const unsigned = { tag: 'SEND', notification: false, body } as const
      assert.deepEqual(await session.exchange(unsigned, { entityId }), refusal({ code: 'AUTH' }))
    })
})

describe('WebSocket', { timeout: 120_000 }, () => {
  test('a client by WebSocket on one pod talks with one by TLS on others', async () => {
    const { address, port } = web.pods.at(0)
    const webSocket = { url: `wss://localhost:${port}/`, ca: web.certificate }
    await using alice = await openClient({ address, webSocket })
    await using bob = await openClient({ address: web.pods.at(1).address })
    const elsewhere = { openClient: () => openClient({ address: web.pods.at(2).address }) }
    const invitation = await createInvitation(alice, elsewhere)
    const link = invitation.link.replace(`:${port}`, `:${web.pods.at(2).port}`)
    const [mine, theirs] = await Promise.all([
      acceptInvitation(bob, link, elsewhere),
      invitation.accepted(),
    ])
    await using _mine = mine
    await using _theirs = theirs
    const [said, heard] = [theirs.messages, mine.messages]
    for (const text of ['one', 'x'.repeat(15_996), 'three']) {
      await mine.send(text)
      assert.equal(await next(said), text)
      await theirs.send(text)
      assert.equal(await next(heard), text)
    }
  })
})
