/** `sluice conformance` as people call it. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { runCli } from '../../src/cli/run-cli.ts'
import { allChecks } from '../../src/conformance/catalog.ts'
import { printServerAddress, type ServerAddress } from '../../src/protocol/address.ts'
import { startTestRelay } from '../client/support/relay.ts'
import { TwistedRelay } from '../conformance/support/twisted-relay.ts'
import { TestIo } from '../support/test-io.ts'

const run = async (args: readonly string[], io = new TestIo()) => {
  const code = await runCli(['conformance', ...args], io)
  return { code, out: io.out, err: io.err }
}

const text = (address: ServerAddress): string => printServerAddress(address)

test('prints a summary, reasons and what was seen; exit code 0', async () => {
  await using relay = await startTestRelay({ queueQuota: '2' })
  const { code, out, err } = await run([
    '--only',
    'SMP-D,SMP-O',
    '--quota',
    '2',
    text(relay.address),
  ])
  assert.deepEqual({ code, err }, { code: 0, err: '' })
  assert.match(out, /^Checking 127\.0\.0\.1:\d+, versions 6 to 18 of it\n/)
  assert.match(out, /\nNot applicable:\n(?: {2}SMP-.*\n)+\n/)
  assert.match(out, / {2}SMP-D-012, SMP-D-015, SMP-D-023: a queue takes 2 messages, and/)
  assert.match(out, /\nSeen:\n(?: {2}SMP-.*\n)* {2}SMP-D-031: a queue takes 2 messages\n/)
  assert.match(out, /\n\d+ passed, 0 failed, 10 not applicable, in \d+\.\d s\n$/)
  assert.doesNotMatch(out, /passed: /)
})

test('--verbose also prints what passes, and a terminal sees the progress', async () => {
  await using relay = await startTestRelay()
  const io = new TestIo({ isTTY: true })
  const { code, out } = await run(['-v', '--only', 'SMP-S-005', text(relay.address)], io)
  assert.equal(code, 0)
  assert.match(out, /SMP-S-005 {2}passed: PING: PONG\n/)
  assert.ok(out.includes('\r\u001b[K1 of 1\r\u001b[K'))
})

test('shows a failure with the wire; exit code 1', async () => {
  await using relay = await TwistedRelay.start({
    says: (said) => (said.reply.tag === 'PONG' ? 'PO\u001b[31mNG' : said),
  })
  const { code, out, err } = await run(['--only', 'SMP-S-005,SMP-S-021', text(relay.address)])
  assert.deepEqual({ code, err }, { code: 1, err: '' })
  assert.match(out, /^SMP-S-005 {2}failed: PING: PONG$/m)
  assert.match(out, /^ {11}section {3}14\.2$/m)
  assert.match(out, /^ {11}expected {2}an answer to "PING"$/m)
  assert.match(out, /^ {11}got {7}"PO\\u001b\[31mNG", which does not parse/m)
  assert.match(out, /^ {11}wire {6}client > \(connected, version 18\)$/m)
  assert.match(out, /\nFailed: SMP-S-005\n\n0 passed, 2 failed|Failed: SMP-S-005, SMP-S-021/)
  assert.ok(!out.includes('\u001b'))
})

test('--json prints one object', async () => {
  await using relay = await startTestRelay()
  const { code, out } = await run(['--json', '--only', 'SMP-H', text(relay.address)])
  assert.equal(code, 0)
  const report: unknown = JSON.parse(out)
  assert.ok(typeof report === 'object' && report !== null && 'results' in report)
  const { results, ...rest } = report
  assert.ok(Array.isArray(results) && results.length === 8)
  const { tookMs, ...counts } = rest as Record<string, unknown>
  assert.equal(typeof tookMs, 'number')
  assert.deepEqual(counts, {
    ok: true,
    isWhole: true,
    versions: { min: 6, max: 18 },
    passed: 8,
    failed: 0,
    notApplicable: 0,
    queuesMade: 1,
    queuesLeft: 0,
  })
})

test('several addresses are pods of one server', async () => {
  await using relay = await startTestRelay()
  const address = text(relay.address)
  const { code, out } = await run(['--only', 'SMP-D-001', address, address])
  assert.equal(code, 0)
  assert.match(out, /^Checking 127\.0\.0\.1:\d+, 127\.0\.0\.1:\d+, versions/)
})

test('--list prints every check without a server', async () => {
  const { code, out } = await run(['--list'])
  assert.equal(code, 0)
  for (const { id, title } of allChecks) assert.ok(out.includes(`  ${id}  ${title} (`), id)
  const listed: unknown = JSON.parse((await run(['--list', '--json', '--only', 'SMP-Q-001'])).out)
  assert.deepEqual(listed, [
    { id: 'SMP-Q-001', title: 'NEW makes a queue with ids of 24 bytes', section: '14.1.1' },
  ])
})

describe('in one line says', () => {
  test('that a server cannot be reached', async () => {
    const address = { keyHash: new Uint8Array(32), hosts: ['127.0.0.1'], port: 1 } as const
    const { code, out, err } = await run([text(address)])
    assert.deepEqual({ code, out }, { code: 1, out: '' })
    assert.equal(err, 'sluice: 127.0.0.1:1 cannot be reached: connection refused\n')
  })

  test('that a server is not the one in the address', async () => {
    await using relay = await startTestRelay()
    const address = { ...relay.address, keyHash: new Uint8Array(32) }
    const { code, out, err } = await run([text(address)])
    assert.deepEqual({ code, out }, { code: 1, out: '' })
    assert.match(err, /^sluice: .* shows another identity, not the one in the address.*\n$/)
  })
})

test('Ctrl-C ends the run, tells what was done and leaves no queue; exit code 130', async () => {
  await using relay = await TwistedRelay.start({})
  const controller = new AbortController()
  const onWrite = (out: string): void => {
    if (out.includes('SMP-Q-011')) controller.abort('SIGINT')
  }
  const io = new TestIo({ signal: controller.signal, onWrite })
  const { code, out, err } = await run(['-v', text(relay.address)], io)
  assert.deepEqual({ code, err }, { code: 130, err: '' })
  assert.match(out, /passed, 0 failed, .*; broken off\n$/)
  assert.equal(await relay.queues(), 0)
})
