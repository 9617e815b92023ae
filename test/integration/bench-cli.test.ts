/** `sluice bench` as people call it. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { runCli } from '../../src/cli/run-cli.ts'
import { modes } from '../../src/load/plan.ts'
import { printServerAddress, type ServerAddress } from '../../src/protocol/address.ts'
import { startTestRelay } from '../client/support/relay.ts'
import { TwistedRelay } from '../conformance/support/twisted-relay.ts'
import { TestIo } from '../support/test-io.ts'

const run = async (args: readonly string[], io = new TestIo()) => {
  const code = await runCli(['bench', ...args], io)
  return { code, out: io.out, err: io.err }
}

const text = (address: ServerAddress): string => printServerAddress(address)

const small = ['--seconds', '1', '--warm-up', '0', '--connections', '4', '--queues', '8']

const fields = (json: string): Readonly<Record<string, unknown>> => {
  const parsed: unknown = JSON.parse(json)
  assert.ok(typeof parsed === 'object' && parsed !== null)
  return { ...parsed }
}

const kinds = {
  load: ['messages'],
  storm: ['subscriptions'],
  idle: ['connections'],
  reconnect: ['reconnections'],
  mixed: ['messages', 'reconnections', 'connections'],
}

describe('a mode', { timeout: 120_000 }, () => {
  for (const mode of modes)
    test(`${mode} loads a server and leaves no queue`, async () => {
      await using relay = await TwistedRelay.start({})
      const { code, out, err } = await run([...small, '--json', '-m', mode, text(relay.address)])
      assert.deepEqual({ code, err }, { code: 0, err: '' })
      const report = fields(out)
      assert.equal(report.isWhole, true)
      assert.equal(report.queuesLeft, 0)
      assert.ok(Array.isArray(report.results))
      const results = report.results.map((one) => fields(JSON.stringify(one)))
      assert.deepEqual(
        results.map(({ what }) => what),
        kinds[mode],
      )
      for (const { count, failures } of results) {
        assert.ok(Number(count) > 0)
        assert.deepEqual(failures, {})
      }
      assert.doesNotMatch(out, /keyHash/)
      assert.equal(await relay.queues(), 0)
    })
})

describe('the figures', { timeout: 120_000 }, () => {
  test('are told with what limits them, and a terminal sees the progress', async () => {
    await using relay = await TwistedRelay.start({})
    const io = new TestIo({ isTTY: true })
    const args = ['-s', '2', '--warm-up', '1', '-c', '2', '-q', '2', '--body', '100']
    const { code, out, err } = await run([...args, text(relay.address)], io)
    assert.equal(code, 0)
    assert.match(
      out,
      /^127\.0\.0\.1:\d+: 2 connections, 2 queues, messages of 100 bytes, as fast as/,
    )
    assert.match(out, /^messages +[\d,]+, [\d,]+ a second$/m)
    assert.match(out, /^ {2}SEND to MSG, ms +mean [\d.,]+, 50 % .*, 99\.9 % [\d.,]+, max [\d.,]+$/m)
    // server and generator share this thread, which is then busy
    assert.match(out, /^generator +event loop busy \d+ % of the time: the generator is the limit/m)
    assert.match(err, /Kmeasuring, 1 s: [\d,]+, [\d,]+ a second/)
    assert.ok(err.endsWith('\r\u001b[K'))
  })

  test('of several threads are one', async () => {
    await using relay = await TwistedRelay.start({})
    const args = [...small, '-c', '8', '--json', '--workers', '2', text(relay.address)]
    const { code, out, err } = await run(args)
    assert.deepEqual({ code, err }, { code: 0, err: '' })
    assert.equal(fields(out).workers, 2)
    assert.equal(await relay.queues(), 0)
  })

  test('at a rate are those of that rate', async () => {
    await using relay = await TwistedRelay.start({})
    const { code, out } = await run([...small, '--json', '-r', '20', text(relay.address)])
    assert.equal(code, 0)
    const [result] = fields(out).results as readonly { readonly count: number }[]
    assert.ok(result && result.count > 0 && result.count <= 20)
  })
})

describe('in one line or two says', { timeout: 120_000 }, () => {
  test('that the generator cannot keep the rate', async () => {
    await using relay = await TwistedRelay.start({})
    const args = [...small, '--warm-up', '1', '-r', '1000000', text(relay.address)]
    const { code, err } = await run(args)
    assert.equal(code, 1)
    assert.match(
      err,
      /^sluice: the generator is the limit: at 1000000 a second .* \d+ % of the time\nsluice: a lower/,
    )
    assert.equal(await relay.queues(), 0)
  })

  test('what the server refused', async () => {
    await using relay = await TwistedRelay.start({
      store: () => ({ appendMessage: async () => ({ outcome: 'full' }) }),
    })
    const { code, out } = await run([...small, text(relay.address)])
    assert.equal(code, 1)
    assert.match(out, /^ {2}failed +8 times: the server refused: QUOTA$/m)
    assert.equal(await relay.queues(), 0)
  })

  test('that it makes no queues for us, from any thread', async () => {
    await using relay = await startTestRelay({ newQueues: 'off' })
    const one = await run([...small, text(relay.address)])
    assert.equal(one.code, 1)
    assert.match(one.err, /^sluice: 127\.0\.0\.1:\d+ makes no queue for us \(AUTH\).*\n$/)
    const two = await run([...small, '-c', '8', '-w', '2', text(relay.address)])
    assert.equal(two.code, 1)
    assert.match(two.err, /^sluice: 127\.0\.0\.1:\d+: the server refused: AUTH\n$/)
  })

  test('that it cannot be reached, or is another one', async () => {
    await using relay = await TwistedRelay.start({})
    const keyHash = new Uint8Array(32)
    const nobody = await run([text({ keyHash, hosts: ['127.0.0.1'], port: 1 })])
    assert.equal(nobody.code, 1)
    assert.equal(nobody.err, 'sluice: 127.0.0.1:1 cannot be reached: connection refused\n')
    const other = await run([text({ ...relay.address, keyHash })])
    assert.equal(other.code, 1)
    assert.match(other.err, /^sluice: .* shows another identity, not the one in the address.*\n$/)
  })
})

describe('Ctrl-C', { timeout: 120_000 }, () => {
  for (const workers of ['1', '2'])
    test(`ends a long run of ${workers}, tells what was measured and leaves no queue`, async () => {
      await using relay = await TwistedRelay.start({
        says: (said) => {
          messages += said.reply.tag === 'MSG' ? 1 : 0
          if (messages === 20) controller.abort('SIGINT')
          return said
        },
      })
      let messages = 0
      const controller = new AbortController()
      const args = ['-s', '600', '--warm-up', '0', '-c', '8', '-q', '8', '-w', workers]
      const io = new TestIo({ signal: controller.signal })
      const { code, out } = await run([...args, text(relay.address)], io)
      assert.equal(code, 130)
      assert.match(out, /^messages +\d+/m)
      assert.equal(await relay.queues(), 0)
    })
})
