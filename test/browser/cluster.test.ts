/** A page on one pod of a cluster talks with a client in Node on the other. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  acceptInvitation,
  openClient,
  printServerAddress,
  type ServerAddress,
} from '../../src/client/index.ts'
import { next } from '../client/support/next.ts'
import { redisUrl } from '../support/redis.ts'
import { startWebPods } from '../support/web-pods.ts'
import { ClientPages } from './client-pages.ts'

/** What the bundle leaves in the page; there is no such thing here. */
declare const sluice: typeof import('../../src/client/web.ts')

/** Browsers name no server for an address. */
const byName = (address: ServerAddress): string =>
  printServerAddress({ ...address, hosts: ['localhost'] })

test('a conversation between Chromium and Node, over two pods', { timeout: 60_000 }, async () => {
  await using web = await startWebPods({ url: await redisUrl(), count: 2 })
  await using pages = await ClientPages.start()
  const [one, other] = [web.pods.at(0).address, web.pods.at(1).address]
  const page = await pages.open()
  const alice = await page.evaluateHandle(
    (address) => sluice.openWebClient({ address }),
    byName(one),
  )
  // Bob's queue, too, is reached through the pod that he is not connected to
  const invitation = await alice.evaluateHandle((client, address) => {
    const openClient = () => sluice.openWebClient({ address })
    return sluice.createInvitation(client, { openClient })
  }, byName(one))
  const link = await invitation.evaluate(({ link }) => link)
  await using bob = await openClient({ address: other })
  const here = link.replace(/@localhost:\d+/, `@127.0.0.1:${other.port}`)
  const [mine, theirs] = await Promise.all([
    acceptInvitation(bob, here),
    invitation.evaluateHandle((one) => one.accepted()),
  ])
  const said = mine.messages
  const heard = await theirs.evaluateHandle((one) => one.messages[Symbol.asyncIterator]())
  for (const text of ['one', 'ключ 🔑', 'x'.repeat(15_996)]) {
    await theirs.evaluate((conversation, content) => conversation.send(content), text)
    assert.equal(await next(said), text)
    await mine.send(text)
    assert.equal(await heard.evaluate(async (texts) => (await texts.next()).value), text)
  }
  await mine.leave()
  assert.equal(await heard.evaluate(async (texts) => (await texts.next()).done), true)
})
