/** Servers that do not answer, or talk rot, and runs that are broken off. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { HandshakeError } from '../../src/client/errors.ts'
import { dialTls } from '../../src/conformance/dial.ts'
import { Inbox } from '../../src/conformance/inbox.ts'
import { BLOCK_BYTES } from '../../src/protocol/block.ts'
import { errInternal } from '../../src/protocol/reply.ts'
import { makeIdentity } from '../client/support/identity.ts'
import { listenTls } from '../client/support/tls-server.ts'
import { idsOf, run } from './support/run.ts'
import { type Said, TwistedRelay } from './support/twisted-relay.ts'

const isSyntax = ({ reply }: Said): boolean =>
  reply.tag === 'ERR' && reply.error.code === 'CMD' && reply.error.reason === 'SYNTAX'

describe('a server that', { timeout: 120_000 }, () => {
  test('does not answer fails the check in time', async () => {
    await using relay = await TwistedRelay.start({
      says: (said) => (said.reply.tag === 'PONG' ? undefined : said),
    })
    const only = ['SMP-S-005', 'SMP-S-022']
    const report = await run([relay.address], { only, timing: { answerMs: 500 } })
    const [first] = report.results
    assert.deepEqual(idsOf(report, 'failed'), only)
    assert.ok(first?.outcome === 'failed')
    assert.equal(first.expected, 'an answer to "PING"')
    assert.equal(first.got, 'nothing within 0.5 s')
    assert.ok(first.wire.includes('client > "PING", unsigned'))
  })

  test('answers with what is no reply fails the check, which shows it', async () => {
    await using relay = await TwistedRelay.start({
      says: (said) => (said.reply.tag === 'PONG' ? 'PONG\u0007?' : said),
    })
    const report = await run([relay.address], { only: ['SMP-S-005'] })
    const [first] = report.results
    assert.ok(first?.outcome === 'failed')
    assert.match(first.got, /^"PONG\\u0007\?", which does not parse/)
  })

  test('sends a block that is none fails the check, and the next ones go on', async () => {
    await using relay = await TwistedRelay.start({
      says: (said) => (isSyntax(said) ? '' : said),
    })
    const report = await run([relay.address], { only: ['SMP-S-022', 'SMP-S-024'] })
    assert.deepEqual(idsOf(report, 'failed'), ['SMP-S-022'])
  })

  test('says nothing at all is an error before the first check', async () => {
    await using silent = await listenTls(makeIdentity())
    const address = {
      keyHash: new Uint8Array(32),
      hosts: ['127.0.0.1'],
      port: silent.port,
    } as const
    const failed = run([address], { timing: { answerMs: 300 } })
    await assert.rejects(
      failed,
      (error) => error instanceof HandshakeError && error.reason === 'timeout',
    )
  })

  test('greets with rot is an error before the first check', async () => {
    const identity = makeIdentity()
    await using rude = await listenTls(identity)
    const address = { keyHash: identity.keyHash, hosts: ['127.0.0.1'], port: rude.port } as const
    const failed = assert.rejects(
      run([address]),
      (error) => error instanceof HandshakeError && error.reason === 'unreadable',
    )
    for await (const peer of rude.peers) {
      peer.send(new Uint8Array(BLOCK_BYTES).fill(0xff))
      break
    }
    await failed
  })
})

describe('a run that is broken off', { timeout: 120_000 }, () => {
  test('ends soon and deletes its queues', async () => {
    await using relay = await TwistedRelay.start({})
    const controller = new AbortController()
    const report = await run([relay.address], {
      signal: controller.signal,
      onResult: ({ id }) => {
        if (id === 'SMP-Q-011') controller.abort('SIGINT')
      },
    })
    assert.ok(report.results.length < 200)
    assert.ok(report.results.some(({ id }) => id === 'SMP-Q-011'))
    assert.ok(report.queuesMade > 0)
    assert.equal(report.queuesLeft, 0)
    assert.equal(await relay.queues(), 0)
  })

  test('before it began fails with the reason', async () => {
    await using relay = await TwistedRelay.start({})
    const run1 = run([relay.address], { signal: AbortSignal.abort('SIGINT') })
    await assert.rejects(run1, (error) => error === 'SIGINT')
    const options = { ms: 1000, signal: AbortSignal.abort('SIGINT') }
    await assert.rejects(dialTls(relay.address, undefined, options), (error) => error === 'SIGINT')
  })
})

test('queues that a server does not delete are counted', async () => {
  await using relay = await TwistedRelay.start({
    says: (said) => (said.reply.tag === 'OK' ? { ...said, reply: errInternal } : said),
  })
  const report = await run([relay.address], { only: ['SMP-Q-001', 'SMP-Q-002'] })
  assert.deepEqual(idsOf(report, 'failed'), [])
  assert.deepEqual([report.queuesMade, report.queuesLeft], [4, 4])
})

describe('the inbox', () => {
  const limits = { ms: 10_000, signal: new AbortController().signal }

  test('gives what fits, when it is here, and leaves the rest in order', async () => {
    const inbox = new Inbox<number>()
    const taken = inbox.take((n) => n > 1, limits)
    for (const n of [1, 2, 3]) inbox.push(n)
    assert.equal(await taken, 2)
    assert.deepEqual(inbox.takeAll(), [1, 3])
  })

  test('fails with its end once it is empty, and gives up in time', async () => {
    const inbox = new Inbox<number>()
    assert.equal(await inbox.take(() => true, { ...limits, ms: 1 }), undefined)
    inbox.push(1)
    inbox.end(new Error('over'))
    assert.equal(await inbox.take(() => true, limits), 1)
    await assert.rejects(
      inbox.take(() => true, limits),
      /over/,
    )
  })
})
