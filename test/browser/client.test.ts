/** The client in a page of a real browser, which talks to a client in Node. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import {
  acceptInvitation,
  type Conversation,
  createInvitation,
  openClient,
  printServerAddress,
} from '../../src/client/index.ts'
import { next } from '../client/support/next.ts'
import { type Given, startTestRelay, type TestRelay } from '../client/support/relay.ts'
import { makeWebCertificate } from '../support/web-certificate.ts'
import { ClientPages } from './client-pages.ts'

/** What the bundle leaves in the page; there is no such thing here. */
declare const sluice: typeof import('../../src/client/web.ts')

const texts = ['one', 'ключ 🔑', '', 'x'.repeat(15_996)]

describe('the client in Chromium', { timeout: 60_000 }, () => {
  let pages: ClientPages
  before(async () => {
    pages = await ClientPages.start()
  })
  after(() => pages[Symbol.asyncDispose]())

  const startRelay = (given: Given = {}): Promise<TestRelay> =>
    startTestRelay({ hosts: 'localhost', ...given }, makeWebCertificate())

  /** By name: browsers give no server name for an address. */
  const addressOf = ({ address }: TestRelay): string =>
    printServerAddress({ ...address, hosts: ['localhost'] })

  test('invites a client in Node over WSS, and they talk', async () => {
    await using relay = await startRelay({ wsOrigins: pages.origin })
    const page = await pages.open()
    const alice = await page.evaluateHandle(
      (address) => sluice.openWebClient({ address }),
      addressOf(relay),
    )
    assert.equal(await alice.evaluate(async (one) => (await one.connection()).version), 18)
    const invitation = await alice.evaluateHandle((client) => sluice.createInvitation(client))
    const link = await invitation.evaluate((one) => one.link)
    await using bob = await openClient({ address: relay.address })
    const [mine, theirs] = await Promise.all([
      acceptInvitation(bob, link.replace('localhost', '127.0.0.1')),
      invitation.evaluateHandle((one) => one.accepted()),
    ])
    const said = mine.messages
    const heard = await theirs.evaluateHandle((one) => one.messages[Symbol.asyncIterator]())
    for (const text of texts) {
      await theirs.evaluate((one, content) => one.send(content), text)
      assert.equal(await next(said), text)
      await mine.send(text)
      assert.equal(await heard.evaluate(async (one) => (await one.next()).value), text)
    }
    await alice.evaluate((one) => one.close())
    await page.close()
  })

  test('is invited by a client in Node that uses WebSocket too', async () => {
    await using relay = await startRelay({ wsPorts: '0' })
    const webSocket = { url: `ws://127.0.0.1:${relay.webPort('ws')}/` }
    await using alice = await openClient({ address: relay.address, webSocket })
    const invitation = await createInvitation(alice)
    const page = await pages.open()
    const accepted = page.evaluate(
      async ([address, link]) => {
        const client = await sluice.openWebClient({ address })
        const options = { openClient: async () => client }
        const conversation = await sluice.acceptInvitation(client, link, options)
        const heard: string[] = []
        for await (const text of conversation.messages) {
          heard.push(text)
          await conversation.send(text)
        }
        client.close()
        return heard
      },
      [addressOf(relay), invitation.link] as const,
    )
    const mine: Conversation = await invitation.accepted()
    const said = mine.messages
    for (const text of texts) {
      await mine.send(text)
      assert.equal(await next(said), text)
    }
    await mine.leave()
    assert.deepEqual(await accepted, texts)
    await page.close()
  })

  test('is refused from a page that may not connect, and by a relay of another identity', async () => {
    await using relay = await startRelay({ wsOrigins: 'https://elsewhere.example' })
    await using other = await startRelay()
    const page = await pages.open()
    const reasonFor = (address: string): Promise<unknown> =>
      page.evaluate(async (text) => {
        try {
          await sluice.connectWeb({ address: text })
          return undefined
        } catch (error) {
          return error instanceof sluice.HandshakeError ? error.reason : String(error)
        }
      }, address)
    assert.equal(await reasonFor(addressOf(relay)), 'unreachable')
    const impostor = { ...other.address, keyHash: relay.address.keyHash }
    assert.equal(await reasonFor(addressOf({ ...other, address: impostor })), 'identity')
    assert.equal(await reasonFor(addressOf(other)), undefined)
    await page.close()
  })
})
