import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { MOST_IDLE } from '../../../src/limits/clients.ts'
import { MESSAGE_BYTES } from '../../../src/limits/stored-bytes.ts'
import { LimitsUnderTest } from '../../support/limits-under-test.ts'

const rate = (perSecond: number, burst: number) => ({ perSecond, burst })
const A = '192.0.2.1'
const B = '192.0.2.2'

describe('connections', () => {
  test('of one address are refused above its rate, those of others are not', () => {
    const under = new LimitsUnderTest({ limitConnectionRatePerAddress: rate(1, 10) })
    assert.equal(under.connects(A, 20), 10)
    assert.equal(under.connects(`::ffff:${A}`, 20), 0)
    assert.equal(under.connects(B, 20), 10)
    under.nowMs += 3000
    assert.equal(under.connects(A, 20), 3)
    assert.equal(under.limits.statistics.refusals.connectionRatePerAddress, 10 + 20 + 10 + 17)
    assert.equal(under.limits.statistics.refusals.connectionRate, 0)
  })

  test('of one /64 count together', () => {
    const under = new LimitsUnderTest({ limitConnectionRatePerAddress: rate(1, 10) })
    for (let host = 0; host < 10; host++)
      assert.equal(under.connects(`2001:db8:1:2:${host}::1`, 1), 1)
    assert.equal(under.connects('2001:db8:1:2::ffff', 1), 0)
    assert.equal(under.connects('2001:db8:1:3::1', 1), 1)
  })

  test('of all together have a rate too, and refused ones cost no token', () => {
    const under = new LimitsUnderTest({
      limitConnectionRate: rate(1, 10),
      limitConnectionRatePerAddress: rate(1, 6),
    })
    assert.equal(under.connects(A, 100), 6)
    assert.equal(under.connects(B, 100), 4)
    assert.equal(under.limits.statistics.refusals.connectionRatePerAddress, 94)
    assert.equal(under.limits.statistics.refusals.connectionRate, 96)
  })

  test('are capped by address and in total, until they are closed', () => {
    const under = new LimitsUnderTest({ limitConnections: 5, limitConnectionsPerAddress: 3 })
    const visits = [A, A, A].map((address) => under.limits.connect(address))
    assert.equal(under.connects(A, 2), 0)
    assert.equal(under.connects(B, 5), 2)
    const { refusals } = under.limits.statistics
    assert.deepEqual([refusals.connectionsPerAddress, refusals.connections], [2, 3])
    visits[0]?.close()
    assert.equal(under.connects(A, 2), 1)
  })

  test('from exempt networks are neither refused nor counted', () => {
    const limitExempt = [{ address: '192.0.2.0', prefix: 25, family: 'ipv4' as const }]
    const under = new LimitsUnderTest({
      ...{ limitExempt, limitConnections: 1, limitHandshakes: 1 },
      ...{ limitHandshakeRate: rate(1, 1), limitSendRatePerAddress: rate(1, 1) },
    })
    for (let i = 0; i < 20; i++) {
      const visit = under.limits.connect(A)
      assert.ok(visit?.arrives(() => assert.fail('dropped')) && visit.mayShakeHands())
      const session = under.limits.session(A)
      assert.ok(!session.isPacing && session.reserve('SEND') === 0)
    }
    assert.equal(under.connects('192.0.2.200', 2), 1)
  })

  test('without an address, as of a health check, only count in total', () => {
    const under = new LimitsUnderTest({
      limitConnections: 4,
      limitConnectionsPerAddress: 1,
      limitConnectionRatePerAddress: rate(1, 1),
    })
    const made = Array.from({ length: 6 }, () => under.limits.connect())
    assert.equal(made.filter((visit) => visit !== undefined).length, 4)
  })

  test('made by an ingress count for whom it names, once that is known', () => {
    const under = new LimitsUnderTest({
      limitConnectionsPerAddress: 2,
      limitHandshakeRatePerAddress: rate(1, 5),
    })
    const open = () => under.limits.connect()
    const visits = [open(), open(), open(), open()]
    assert.deepEqual(
      visits.map((visit) => visit?.isFor(A)),
      [true, true, false, false],
    )
    assert.equal(open()?.isFor(B), true)
    for (const visit of visits) visit?.close()
    assert.deepEqual(
      [1, 2, 3, 4].map(() => {
        const visit = open()
        const isAllowed = visit?.isFor(A)
        visit?.close()
        return isAllowed
      }),
      [true, true, true, false],
    )
    assert.equal(under.limits.statistics.refusals.handshakeRatePerAddress, 1)
  })

  test('numbers can be replaced at any time', () => {
    const under = new LimitsUnderTest({ limitConnectionsPerAddress: 2 })
    assert.equal(under.connects(A, 5), 2)
    under.configure({ limitConnectionsPerAddress: 4 })
    assert.equal(under.connects(A, 5), 2)
    under.configure({ limitConnectionsPerAddress: 0, limitConnectionRate: rate(1, 3) })
    assert.equal(under.connects(A, 5), 3)
    under.configure({ limitConnectionsPerAddress: 1, limitHandshakes: 1 })
    assert.equal(under.connects(A, 5), 0)
  })
})

describe('memory', () => {
  test('a million addresses leave a bounded number of clients, which are forgotten', async () => {
    const under = new LimitsUnderTest({ limitConnectionRatePerAddress: rate(1, 30) })
    for (let i = 0; i < 1_000_000; i++) {
      const address = `10.${(i >>> 16) & 0xff}.${(i >>> 8) & 0xff}.${i & 0xff}`
      under.limits.connect(address)?.close()
    }
    // one is kept for those without an address
    assert.equal(under.limits.clients, MOST_IDLE + 1)
    under.nowMs += 30_000
    await under.limits.tick()
    assert.equal(under.limits.clients, 1)
  })

  test('a client is remembered while it holds a connection or lacks a token', async () => {
    const under = new LimitsUnderTest({ limitConnectionRatePerAddress: rate(1, 1) })
    const visit = under.limits.connect(A)
    const session = under.limits.session(A)
    under.nowMs += 60_000
    visit?.close()
    await under.limits.tick()
    assert.equal(under.limits.clients, 2)
    session.close()
    assert.equal(under.limits.clients, 1)
    under.limits.connect(A)?.close()
    assert.equal(under.limits.clients, 2)
    assert.equal(under.limits.connect(A), undefined)
  })
})

describe('commands', () => {
  test('wait for their turn up to 5 s, and take no token when they would wait longer', () => {
    const under = new LimitsUnderTest({ limitSendRatePerAddress: rate(1, 2) })
    const session = under.limits.session(A)
    const asked = Array.from({ length: 10 }, () => session.reserve('SEND'))
    const { POSITIVE_INFINITY: never } = Number
    assert.deepEqual(asked, [0, 0, 1000, 2000, 3000, 4000, 5000, never, never, never])
    assert.equal(under.limits.session(B).reserve('SEND'), 0)
    const { refusals, delays } = under.limits.statistics
    assert.deepEqual([refusals.sendRatePerAddress, delays.sendRatePerAddress], [3, 5])
    under.nowMs += 1000
    assert.equal(session.reserve('SEND'), 5000)
  })

  test('NEW has a rate of its own', () => {
    const under = new LimitsUnderTest({ limitNewRate: rate(1, 1), limitSendRate: rate(1, 1) })
    const session = under.limits.session(A)
    assert.deepEqual([session.reserve('NEW'), session.reserve('SEND')], [0, 0])
    assert.deepEqual([session.reserve('NEW'), session.reserve('SEND')], [1000, 1000])
  })

  test('what is never to run is refused after the longest wait', async () => {
    const under = new LimitsUnderTest({ limitSendRate: rate(1, 1) })
    await under.limits.session(A).wait(Number.POSITIVE_INFINITY)
    assert.deepEqual(under.waits, [5000])
  })
})

describe('stored bytes', () => {
  test('are what the store counts and what was accepted since', async () => {
    const under = new LimitsUnderTest({ limitStoredBytes: 10 * MESSAGE_BYTES })
    const session = under.limits.session(A)
    under.messages = 8
    for (let i = 0; i < 5; i++) await under.limits.tick()
    assert.ok(session.mayStore())
    session.stored()
    session.stored()
    assert.ok(!session.mayStore())
    assert.equal(under.limits.statistics.refusals.storedBytes, 1)
    under.messages = 9
    for (let i = 0; i < 5; i++) await under.limits.tick()
    assert.ok(session.mayStore())
    session.stored()
    assert.ok(!session.mayStore())
  })

  test('a count that fails leaves what was known', async () => {
    const faults: unknown[] = []
    let isAway = false
    const under = new LimitsUnderTest(
      { limitStoredBytes: 3 * MESSAGE_BYTES },
      {
        count: async () => {
          if (isAway) throw new Error('away')
          return { messages: 3 }
        },
        onFault: (error) => faults.push(error),
      },
    )
    const ticks = async () => {
      for (let i = 0; i < 5; i++) await under.limits.tick()
    }
    await ticks()
    isAway = true
    await ticks()
    assert.equal(faults.length, 1)
    assert.ok(!under.limits.session(A).mayStore())
  })
})

describe('one private address for all', () => {
  const numbers = { limitConnectionsPerAddress: 1000 }

  test('is told once, without the address', () => {
    const under = new LimitsUnderTest(numbers)
    under.connects('10.42.0.1', 500)
    assert.equal(under.warnings.length, 1)
    assert.ok(!under.warnings[0]?.includes('10.'))
  })

  test('is not told where there are several, it is a public one, or nothing depends on it', () => {
    const several = new LimitsUnderTest(numbers)
    several.connects('10.42.0.1', 50)
    several.connects(A, 1)
    several.connects('10.42.0.1', 500)
    const publicOne = new LimitsUnderTest(numbers)
    publicOne.connects(A, 500)
    const unlimited = new LimitsUnderTest({ limitConnections: 1000 })
    unlimited.connects('10.42.0.1', 500)
    for (const { warnings } of [several, publicOne, unlimited]) assert.deepEqual(warnings, [])
  })
})
