/** The fuzz can fail: relays that do one thing wrong are found out, and one that does none is not. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Choices, seedOf } from '../../bench/fuzz/choices.ts'
import { Finding, FoundError } from '../../bench/fuzz/finding.ts'
import { InnerRelay } from '../../bench/fuzz/inner-relay.ts'
import { Runner, replay } from '../../bench/fuzz/runner.ts'
import { type Reached, sessionTarget } from '../../bench/fuzz/sessions.ts'
import { newIdentity } from '../../bench/processes/new-identity.ts'
import { connectTls } from '../../src/client/tls-transport.ts'
import { noEntity } from '../../src/protocol/ids.ts'
import { OK } from '../../src/protocol/reply.ts'
import {
  instead,
  type Said,
  type Twist,
  TwistedRelay,
} from '../conformance/support/twisted-relay.ts'

const offer: Reached['offer'] = () => ({
  version: 18,
  dialed: { alpn: 'smp/1' },
  sendSessionKey: true,
  proxyServer: false,
})

const reach = ({ address }: TwistedRelay, answerMs: number): Reached => ({
  ...{ keyHash: address.keyHash, servers: [], offer, answerMs },
  dial: ({ alpn }) => connectTls({ host: '127.0.0.1', port: address.port ?? 0, alpn }),
})

const INPUTS = 5

/** Some inputs, the same in every run. */
const fuzz = async (twist: Twist, answerMs = 20_000): Promise<void> => {
  await using relay = await TwistedRelay.start(twist)
  const target = sessionTarget('sessions', reach(relay, answerMs))
  for (let i = 0; i < INPUTS; i++) await target.run(new Choices(seedOf(1, target.name, i)))
}

const isIds = ({ reply }: Said): boolean => reply.tag === 'IDS'

describe('sessions under fuzz', { timeout: 60_000 }, () => {
  test('a relay that does nothing wrong passes', () => fuzz({}))

  const cases: readonly (readonly [string, Twist, RegExp])[] = [
    ['swallows answers', { says: (said) => (isIds(said) ? undefined : said) }, /did not come/],
    ['answers in another way', { says: instead(isIds, () => OK) }, /of another kind: OK/],
    [
      'names another queue',
      { says: (said) => (isIds(said) ? { ...said, entityId: 'x' } : said) },
      /nobody asked for: IDS/,
    ],
    [
      'forgets the correlation id',
      {
        says: (said) =>
          isIds(said) ? { ...said, correlationId: new Uint8Array(0), entityId: noEntity } : said,
      },
      /(?:nobody asked for|of another kind): IDS/,
    ],
    [
      'sends what cannot be read',
      { says: (said) => (isIds(said) ? 'IDS x' : said) },
      /cannot be read/,
    ],
  ]
  for (const [what, twist, problem] of cases)
    test(`one that ${what} is found out`, async () => {
      // what is swallowed never comes; everything else does at once
      await assert.rejects(fuzz(twist, 2_000), (error) => {
        assert.ok(error instanceof Finding)
        assert.match(error.message, problem)
        return true
      })
    })
})

test('a fault in the log ends the run, and is there again when the inputs are', async () => {
  const lines: string[] = []
  const relay = new InnerRelay(await newIdentity(), { write: (line) => lines.push(line) })
  relay.store.createQueue = async () => {
    throw new TypeError('not this queue')
  }
  const reached: Reached = {
    ...{ keyHash: relay.identity.fingerprint, servers: [], offer },
    dial: async () => relay.dial({ alpn: 'smp/1', chain: [] }),
  }
  const target = sessionTarget('sessions', reached)
  const problem = (): string | undefined => lines[0]
  const runner = new Runner(target, 1, { lanes: 1, problem })
  const error = await runner.run({ cases: 10_000, ms: 60_000 }).catch((caught: unknown) => caught)
  assert.ok(error instanceof FoundError)
  assert.match(error.found.problem, /not this queue/)
  lines.length = 0
  // the same fault is told of once in ten seconds
  const again = new InnerRelay(relay.identity, { write: (line) => lines.push(line) })
  again.store.createQueue = relay.store.createQueue
  const afresh = sessionTarget('sessions', {
    ...reached,
    dial: async () => again.dial({ alpn: 'smp/1', chain: [] }),
  })
  assert.match((await replay(afresh, error.found, problem)) ?? '', /not this queue/)
  await Promise.all([relay, again].map(({ store }) => store.close()))
})
