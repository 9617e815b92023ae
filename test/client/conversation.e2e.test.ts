import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import {
  acceptInvitation,
  type Conversation,
  createInvitation,
  openClient,
  parseQueueUri,
  printServerAddress,
  type SmpClient,
} from '../../src/client/index.ts'
import { utf8Bytes } from '../../src/protocol/bytes.ts'
import { expectRefusal } from './support/failure.ts'
import { collect, next } from './support/next.ts'
import { startTestRelay, type TestRelay } from './support/relay.ts'

let relay: TestRelay
before(async () => {
  relay = await startTestRelay()
})
after(() => relay[Symbol.asyncDispose]())

const open = (version = 18): Promise<SmpClient> =>
  openClient({ address: relay.address, versions: { min: 6, max: version } })

const begin = async (
  alice: SmpClient,
  bob: SmpClient,
): Promise<readonly [Conversation, Conversation]> => {
  const invitation = await createInvitation(alice)
  return Promise.all([invitation.accepted(), acceptInvitation(bob, invitation.link)])
}

const talk = async (alice: Conversation, bob: Conversation): Promise<void> => {
  const [fromAlice, fromBob] = [alice.messages, bob.messages]
  for (const text of ['one', 'two', 'ключ 🔑', '', 'x'.repeat(15_996)]) {
    await alice.send(text)
    assert.equal(await next(fromBob), text)
    await bob.send(text)
    assert.equal(await next(fromAlice), text)
  }
}

describe('a conversation', () => {
  for (const version of [9, 11, 15, 18])
    it(`is held from an invitation link at v${version}`, async () => {
      await using alice = await open(version)
      await using bob = await open(version)
      await talk(...(await begin(alice, bob)))
    })

  it('ends when one side leaves', async () => {
    await using client = await open()
    const [alice, bob] = await begin(client, client)
    await alice.send('last')
    await alice.leave()
    assert.deepEqual(await collect(bob.messages), ['last'])
    await expectRefusal(bob.send('too late'), 'AUTH')
    await bob.leave()
  })

  it('may have its sides on two relays', async () => {
    await using other = await startTestRelay()
    await using alice = await open()
    await using bob = await openClient({ address: other.address })
    const options = { openClient: (address: TestRelay['address']) => openClient({ address }) }
    const invitation = await createInvitation(alice, options)
    const [left, right] = await Promise.all([
      invitation.accepted(),
      acceptInvitation(bob, invitation.link, options),
    ])
    await using _left = left
    await using _right = right
    await talk(left, right)
    const { link } = await createInvitation(alice)
    await assert.rejects(acceptInvitation(bob, link), { name: 'UnsupportedOperation' })
  })

  it('begins once', async () => {
    await using client = await open()
    const invitation = await createInvitation(client)
    const accepted = invitation.accepted()
    await acceptInvitation(client, invitation.link)
    await accepted
    await expectRefusal(acceptInvitation(client, invitation.link), 'AUTH')
    const cancelled = await createInvitation(client)
    await cancelled.cancel()
    await expectRefusal(acceptInvitation(client, cancelled.link), 'AUTH')
  })

  it('does not hear strangers', async () => {
    await using client = await open()
    const invitation = await createInvitation(client)
    const { senderId } = parseQueueUri(invitation.link)
    await client.openSender({ senderId }).send(utf8Bytes('let me in'))
    const [alice, bob] = await Promise.all([
      invitation.accepted(),
      acceptInvitation(client, invitation.link),
    ])
    await talk(alice, bob)
  })

  it('needs queues that their senders can secure', async () => {
    await using client = await open(8)
    await assert.rejects(createInvitation(client), { name: 'UnsupportedOperation' })
  })

  it('is what the example shows, and the documentation', async () => {
    const example = fileURLToPath(new URL('../../examples/conversation.ts', import.meta.url))
    const program = readFileSync(example, 'utf8').replace(/^\/\*\*.*?\*\/\n/s, '')
    const guide = readFileSync(new URL('../../docs/client.md', import.meta.url), 'utf8')
    assert.ok(guide.includes(program.replace('../src/client/index.ts', 'sluice/client')))
    const run = promisify(execFile)
    const { stdout } = await run(process.execPath, [example, printServerAddress(relay.address)])
    const [, , , ...lines] = stdout.trimEnd().split('\n')
    assert.deepEqual(lines, [
      'Alice: Hello Bob, can you read me?',
      'Bob:   Loud and clear.',
      'Alice: So nobody else can.',
    ])
  })
})
