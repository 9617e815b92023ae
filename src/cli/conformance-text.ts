/** Results of the conformance suite as people read them. */

import type { Group } from '../conformance/catalog.ts'
import type { Check, Result } from '../conformance/check.ts'
import type { Facts } from '../conformance/facts.ts'
import type { Report } from '../conformance/suite.ts'
import { printable } from './terminal.ts'

const ID_WIDTH = 11

const outcomeLine = ({ id, outcome, title }: Result): string =>
  `${id.padEnd(ID_WIDTH)}${outcome}: ${title}\n`

const detail = (label: string, text: string): string =>
  `${' '.repeat(ID_WIDTH)}${label.padEnd(10)}${printable(text)}\n`

/** What was expected, what came, and what was said before. */
const failureText = (result: Result & { readonly outcome: 'failed' }): string =>
  [
    outcomeLine(result),
    detail('section', result.section),
    detail('expected', result.expected),
    detail('got', result.got),
    ...result.wire.map((line, i) => detail(i === 0 ? 'wire' : '', line)),
  ].join('')

export const resultText = (result: Result, isVerbose: boolean): string => {
  if (result.outcome === 'failed') return failureText(result)
  return isVerbose ? outcomeLine(result) : ''
}

export const headText = (where: string, { versions: { min, max } }: Facts): string =>
  `Checking ${where}, versions ${min} to ${max} of it\n`

/** With the same reason on one line, in the order in which they first occur. */
const reasonsText = (results: readonly Result[]): string => {
  const byReason = new Map<string, string[]>()
  for (const result of results) {
    if (result.outcome !== 'not applicable') continue
    const ids = byReason.get(result.reason)
    if (ids === undefined) byReason.set(result.reason, [result.id])
    else ids.push(result.id)
  }
  if (byReason.size === 0) return ''
  const lines = [...byReason].map(([reason, ids]) => {
    const [first = '', last = first] = [ids[0], ids.at(-1)]
    const which = ids.length > 3 ? `${first} to ${last} (${ids.length})` : ids.join(', ')
    return `  ${which}: ${printable(reason)}\n`
  })
  return `\nNot applicable:\n${lines.join('')}`
}

const notesText = (results: readonly Result[]): string => {
  const lines = results.flatMap(({ id, notes }) =>
    notes.map((note) => `  ${id}: ${printable(note)}\n`),
  )
  return lines.length === 0 ? '' : `\nSeen:\n${lines.join('')}`
}

export interface Counts {
  readonly passed: number
  readonly failed: number
  readonly notApplicable: number
}

export const countsOf = (results: readonly Result[]): Counts => {
  const count = (outcome: Result['outcome']): number =>
    results.filter((result) => result.outcome === outcome).length
  return {
    passed: count('passed'),
    failed: count('failed'),
    notApplicable: count('not applicable'),
  }
}

const secondsText = (ms: number): string => `${(ms / 1000).toFixed(1)} s`

export const summaryText = ({ results }: Report, tookMs: number, isWhole: boolean): string => {
  const { passed, failed, notApplicable } = countsOf(results)
  const ids = results.filter(({ outcome }) => outcome === 'failed').map(({ id }) => id)
  const counts = `${passed} passed, ${failed} failed, ${notApplicable} not applicable`
  return [
    reasonsText(results),
    notesText(results),
    ids.length === 0 ? '' : `\nFailed: ${ids.join(', ')}\n`,
    `\n${counts}, in ${secondsText(tookMs)}${isWhole ? '' : '; broken off'}\n`,
  ].join('')
}

export const listText = (groups: readonly Group[], chosen: readonly Check[]): string =>
  groups
    .map(({ name, checks }) => ({ name, checks: checks.filter((check) => chosen.includes(check)) }))
    .filter(({ checks }) => checks.length > 0)
    .map(({ name, checks }) => {
      const lines = checks.map(({ id, title, section }) => `  ${id}  ${title} (${section})\n`)
      return `${name}\n${lines.join('')}`
    })
    .join('\n')
