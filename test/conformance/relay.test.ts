/** The suite against our own relay, in the ways in which one can be set up. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { selectChecks } from '../../src/conformance/catalog.ts'
import { startTestRelay } from '../client/support/relay.ts'
import { expectGood, idsOf, reasonOf, run } from './support/run.ts'

/** What needs the operator, or a server that is set up in another way; everything else runs. */
const neverHere = [
  'SMP-E-003',
  'SMP-O-001',
  'SMP-O-002',
  'SMP-O-003',
  'SMP-O-004',
  'SMP-O-005',
  'SMP-O-006',
  'SMP-O-007',
]
const onlyWithPassword = ['SMP-Q-004', 'SMP-P-032']
const onlyWhenOff = ['SMP-Q-003', 'SMP-P-031']
const expiry = ['SMP-E-001', 'SMP-E-002']

const sorted = (ids: readonly string[]): readonly string[] => ids.toSorted()

describe('a relay', { timeout: 120_000 }, () => {
  test('passes every check that applies to it, and has no queue left', async () => {
    await using relay = await startTestRelay({ proxyAllowPrivate: 'on', queueQuota: '5' })
    const report = await run([relay.address], { told: { quota: 5, proxy: true } })
    expectGood(report)
    assert.deepEqual(
      sorted(idsOf(report, 'not applicable')),
      sorted([...neverHere, ...onlyWithPassword, ...onlyWhenOff, ...expiry]),
    )
    assert.ok(report.queuesMade > 200)
    assert.deepEqual(report.facts.versions, { min: 6, max: 18 })
  })

  test('with a password passes, and asks for it', async () => {
    await using relay = await startTestRelay({
      proxyAllowPrivate: 'on',
      queueQuota: '1',
      createPassword: 'swordfish',
    })
    const only = ['SMP-Q', 'SMP-P', 'SMP-A', 'SMP-D', 'SMP-L', 'SMP-X']
    const told = { password: 'swordfish', quota: 1 }
    const report = await run([relay.address], { told, only })
    expectGood(report, selectChecks(only).checks.length)
    for (const id of onlyWithPassword) assert.ok(idsOf(report, 'passed').includes(id), id)
    assert.match(reasonOf(report, 'SMP-Q-005'), /asks for a password/)
    assert.match(reasonOf(report, 'SMP-D-012'), /takes 1 messages, and this is about 3/)
  })

  test('whose messages expire within seconds shows it', async () => {
    await using relay = await startTestRelay({ messageTtlSeconds: '1', expiryIntervalSeconds: '1' })
    const told = { messageTtlSeconds: 1, expiryIntervalSeconds: 1 }
    const report = await run([relay.address], { told, only: ['SMP-E'] })
    expectGood(report, 3)
    assert.deepEqual(idsOf(report, 'passed'), expiry)
  })

  test('that makes no queues and does not forward is checked for that', async () => {
    await using relay = await startTestRelay({ newQueues: 'off', proxy: 'off' })
    const report = await run([relay.address], { told: { newQueues: false, proxy: false } })
    expectGood(report)
    for (const id of onlyWhenOff) assert.ok(idsOf(report, 'passed').includes(id), id)
    assert.match(reasonOf(report, 'SMP-Q-001'), /makes no queues, as told/)
    assert.match(reasonOf(report, 'SMP-P-022'), /does not forward, as told/)
    assert.equal(report.queuesMade, 0)
  })

  test('that takes no services is not checked for them', async () => {
    await using relay = await startTestRelay({ services: 'off' })
    const report = await run([relay.address], { only: ['SMP-X'] })
    expectGood(report, selectChecks(['SMP-X']).checks.length)
    assert.match(reasonOf(report, 'SMP-X-021'), /^no session of a service: .*BAD_AUTH$/)
    assert.equal(idsOf(report, 'passed').length, 4)
  })

  test('that offers some versions only is checked in those', async () => {
    await using relay = await startTestRelay({ versions: '7-10', queueQuota: '2' })
    const only = ['SMP-V', 'SMP-L-001', 'SMP-H']
    const report = await run([relay.address], { told: { quota: 2 }, only })
    expectGood(report, selectChecks(only).checks.length)
    assert.deepEqual(report.facts.versions, { min: 7, max: 10 })
    assert.match(reasonOf(report, 'SMP-V-211'), /^the server offers versions 7 to 10$/)
    assert.match(reasonOf(report, 'SMP-L-001'), /of version 15, and the server offers 7 to 10/)
    assert.ok(idsOf(report, 'passed').includes('SMP-V-207'))
  })
})

describe('what was not told', { timeout: 120_000 }, () => {
  test('is found out, or is a reason', async () => {
    await using relay = await startTestRelay({ queueQuota: '3' })
    const report = await run([relay.address], { only: ['SMP-D-031', 'SMP-D-032', 'SMP-P'] })
    expectGood(report, report.results.length)
    const quota = report.results.find(({ id }) => id === 'SMP-D-031')
    assert.deepEqual(quota?.notes, ['a queue takes 3 messages'])
    assert.match(reasonOf(report, 'SMP-P-022'), /^the server does not forward to itself: ERR PROXY/)
    await using endless = await startTestRelay({ queueQuota: '100000' })
    const other = await run([endless.address], { only: ['SMP-D-031'] })
    assert.match(reasonOf(other, 'SMP-D-031'), /^no quota up to 512 messages: --quota$/)
  })

  test('and that was told wrongly, fails', async () => {
    await using relay = await startTestRelay({ queueQuota: '3', createPassword: 'swordfish' })
    const told = { quota: 4, password: 'swordfish', proxy: true }
    const only = ['SMP-D-031', 'SMP-P-022', 'SMP-Q-001', 'SMP-Q-011']
    const report = await run([relay.address], { told, only })
    assert.deepEqual(idsOf(report, 'failed'), ['SMP-D-031', 'SMP-P-022'])
    const locked = await run([relay.address], { only })
    assert.deepEqual(idsOf(locked, 'failed'), ['SMP-Q-001'])
    assert.match(reasonOf(locked, 'SMP-Q-011'), /^the server makes no queue for us: ERR AUTH$/)
    const open = await startTestRelay()
    await using _ = open
    const unasked = await run([open.address], {
      told: { password: 'swordfish' },
      only: ['SMP-Q-004'],
    })
    assert.deepEqual(idsOf(unasked, 'failed'), ['SMP-Q-004'])
    assert.equal(unasked.queuesLeft, 0)
  })
})
