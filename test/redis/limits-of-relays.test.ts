/** Relays of one cluster that share their rates, and the limit of what they all store. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, test } from 'node:test'
import { until } from '../support/redis/until.ts'
import { redisUrl } from '../support/redis.ts'
import { SEND, unsigned } from '../support/wire.ts'
import { connectFrom, converse, triesFrom } from '../support/wire-limits.ts'
import { TlsRelay } from '../support/wire-tls.ts'

const bad = { localAddress: '127.0.0.2' }
const good = { localAddress: '127.0.0.3' }

const startRelays = async (
  count: number,
  given: Readonly<Record<string, string>>,
): Promise<readonly TlsRelay[]> => {
  const url = await redisUrl(randomBytes(6).toString('hex'))
  const cluster = { redisUrl: url, clusterKeys: randomBytes(32).toString('hex'), partitions: '16' }
  return Promise.all(Array.from({ length: count }, () => TlsRelay.start({ ...cluster, ...given })))
}

describe('three relays', { timeout: 120_000 }, () => {
  test('keep one address at one rate, and serve others', async () => {
    const relays = await startRelays(3, {
      limitShared: 'on',
      // one in 20 s
      limitConnectionRatePerAddress: '3/m:12',
    })
    const [first] = relays
    assert.ok(first)
    let given = 0
    for (let i = 0; i < 12; i++) if (await triesFrom(first, bad)) given += 1
    const startedAt = performance.now()
    // each exchange is within a second; until then the others have their own bucket
    for (const relay of relays)
      await until('it is refused', async () => {
        const client = await triesFrom(relay, bad)
        if (client === undefined) return true
        given += 1
        return false
      })
    const most = 3 * 12 + (3 * 3 * (performance.now() - startedAt)) / 60_000 + 3
    assert.ok(given >= 12 && given <= most, `${given} of ${most}`)
    for (const relay of relays) await converse(await connectFrom(relay, good))
    await Promise.all(relays.map((relay) => relay.close()))
  })

  test('store as much as all may together', async () => {
    const relays = await startRelays(2, { limitStoredBytes: `${8 * 16_384}` })
    const [first, second] = relays
    assert.ok(first && second)
    const [one, other] = [await connectFrom(first, good), await connectFrom(second, good)]
    const q = await one.creates()
    for (let i = 0; i < 8; i++) await one.asks([unsigned, `${i}`, q.sid, SEND('x')], 'OK')
    await one.asks([unsigned, 'over', q.sid, SEND('x')], 'ERR QUOTA')
    // the other one counts every few seconds
    await until('the other one knows', async () => {
      other.says([unsigned, 'over', q.sid, SEND('y')])
      const [, , reply] = await other.next()
      return reply === 'ERR QUOTA'
    })
    one.says([q.key, 'del', q.rid, 'DEL'])
    assert.equal((await one.next())[2], 'OK')
    const fresh = await other.creates()
    await until('there is room', async () => {
      other.says([unsigned, 'more', fresh.sid, SEND('z')])
      return (await other.next())[2] === 'OK'
    })
    await Promise.all(relays.map((relay) => relay.close()))
  })
})
