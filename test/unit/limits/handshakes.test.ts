import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { ClientTable } from '../../../src/limits/clients.ts'
import { type Handshake, Handshakes, SLOW_MS } from '../../../src/limits/handshakes.ts'
import { LimitStatistics } from '../../../src/limits/statistics.ts'

const table = (limitHandshakes: number, limitHandshakesPerAddress = 0) => {
  const clients = new ClientTable()
  const statistics = new LimitStatistics()
  const handshakes = new Handshakes({ limitHandshakes, limitHandshakesPerAddress }, statistics)
  const dropped: string[] = []
  const begin = (name: string, now: number): Handshake | undefined =>
    handshakes.begin(clients.take(name), now, () => dropped.push(`${name} ${now}`))
  return { handshakes, statistics, dropped, begin }
}

describe('handshakes under way', () => {
  test('the oldest one of whoever has most makes room for somebody with fewer, at any age', () => {
    const { begin, dropped, handshakes, statistics } = table(5)
    for (const [now, name] of ['b', 'a', 'a', 'a', 'b'].entries()) assert.ok(begin(name, now))
    assert.ok(begin('c', 5))
    assert.deepEqual(dropped, ['a 1'])
    assert.equal(handshakes.size, 5)
    assert.equal(statistics.refusals.handshakes, 1)
  })

  test('who has most already takes the place of its own slow one only', () => {
    const { begin, dropped } = table(3)
    for (const now of [0, 1, 2]) assert.ok(begin('a', now))
    assert.equal(begin('a', SLOW_MS - 1), undefined)
    assert.deepEqual(dropped, [])
    assert.ok(begin('a', SLOW_MS))
    assert.deepEqual(dropped, ['a 0'])
  })

  test('many clients with one each lose none that is not slow', () => {
    const { begin, dropped } = table(3)
    for (const name of ['a', 'b', 'c']) assert.ok(begin(name, 0))
    assert.equal(begin('d', 1), undefined)
    assert.ok(begin('d', SLOW_MS))
    assert.deepEqual(dropped, ['a 0'])
  })

  test('one client may have a share only', () => {
    const { begin, dropped, handshakes, statistics } = table(10, 2)
    assert.ok(begin('a', 0) && begin('a', 1) && begin('b', 2))
    assert.equal(begin('a', 3), undefined)
    assert.equal(statistics.refusals.handshakesPerAddress, 1)
    assert.ok(begin('a', SLOW_MS))
    assert.deepEqual(dropped, ['a 0'])
    assert.equal(handshakes.size, 3)
  })

  test('one that ended leaves its place, once', () => {
    const { begin, handshakes } = table(1)
    const first = begin('a', 0)
    assert.ok(first)
    handshakes.end(first)
    handshakes.end(first)
    assert.equal(handshakes.size, 0)
    assert.ok(begin('a', 0))
  })

  test('without a limit there is always room', () => {
    const { begin, dropped } = table(0)
    for (let now = 0; now < 1000; now++) assert.ok(begin('a', now))
    assert.deepEqual(dropped, [])
  })

  test('are those that looking at all of them would keep', () => {
    const step = fc.record({
      name: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
      ms: fc.integer({ min: 0, max: 2000 }),
      ends: fc.boolean(),
    })
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 200 }),
        fc.integer({ min: 1, max: 8 }),
        (all, most) => {
          const { begin, dropped, handshakes } = table(most)
          let open: { name: string; now: number; handshake: Handshake }[] = []
          const countOf = (name: string) => open.filter((one) => one.name === name).length
          let now = 0
          for (const { name, ms, ends } of all) {
            // each has a time of its own, by which it is told from the others
            now += ms + 1
            if (ends) {
              const first = open.find((one) => one.name === name)
              if (first) handshakes.end(first.handshake)
              open = open.filter((one) => one !== first)
              continue
            }
            const largest = Math.max(...open.map((one) => countOf(one.name)))
            const oldest = open.filter(
              (one) => one === open.find((other) => other.name === one.name),
            )
            const isSmaller = countOf(name) + 1 < largest
            const victims = oldest
              .filter((one) => countOf(one.name) === largest)
              .filter((one) => isSmaller || now - one.now >= SLOW_MS)
              .map((one) => `${one.name} ${one.now}`)
            const isFull = open.length === most
            const begun = begin(name, now)
            if (begun === undefined) assert.ok(isFull, 'there was room')
            if (isFull && isSmaller) assert.ok(begun, 'it has fewer than others')
            const [lost] = dropped.splice(0)
            assert.equal(lost !== undefined, isFull && begun !== undefined)
            if (lost !== undefined) assert.ok(victims.includes(lost), lost)
            open = open.filter((one) => `${one.name} ${one.now}` !== lost)
            if (begun) open.push({ name, now, handshake: begun })
            assert.equal(handshakes.size, open.length)
          }
        },
      ),
    )
  })
})
