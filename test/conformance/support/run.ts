/** The suite against servers of a test. */
import assert from 'node:assert/strict'
import { allChecks, selectChecks } from '../../../src/conformance/catalog.ts'
import type { Check, Result } from '../../../src/conformance/check.ts'
import type { Told } from '../../../src/conformance/facts.ts'
import type { SessionHook } from '../../../src/conformance/scene.ts'
import { type Report, runSuite } from '../../../src/conformance/suite.ts'
import type { Timing } from '../../../src/conformance/timing.ts'
import type { ServerAddress } from '../../../src/protocol/address.ts'

export interface RunOptions {
  readonly told?: Told
  /** Ids or groups. */
  readonly only?: readonly string[]
  readonly timing?: Partial<Timing>
  readonly signal?: AbortSignal
  readonly onSession?: SessionHook
  readonly onResult?: (result: Result) => void
}

const chosen = (only: readonly string[] | undefined): readonly Check[] => {
  if (only === undefined) return allChecks
  const { checks, unknown } = selectChecks(only)
  assert.deepEqual(unknown, [])
  return checks
}

export const run = (
  servers: readonly [ServerAddress, ...ServerAddress[]],
  { told = {}, only, signal = new AbortController().signal, ...options }: RunOptions = {},
): Promise<Report> => runSuite({ servers, checks: chosen(only), told, signal, ...options })

const failureText = ({ id, ...result }: Result): string =>
  result.outcome === 'failed'
    ? `${id}: expected ${result.expected}, got ${result.got}\n${result.wire.join('\n')}`
    : id

/** Every check has a result, and none failed. */
export const expectGood = (report: Report, count = allChecks.length): void => {
  const failed = report.results.filter(({ outcome }) => outcome === 'failed')
  assert.deepEqual(failed.map(failureText), [])
  assert.equal(report.results.length, count)
  assert.equal(report.queuesLeft, 0)
}

export const idsOf = (report: Report, outcome: Result['outcome']): readonly string[] =>
  report.results.filter((result) => result.outcome === outcome).map(({ id }) => id)

export const reasonOf = (report: Report, id: string): string => {
  const result = report.results.find((one) => one.id === id)
  assert.equal(result?.outcome, 'not applicable', id)
  return result.reason
}
