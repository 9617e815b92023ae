/** `check.ts signatures|advisories FILE`: says what npm's JSON in the file means, and fails where it is bad. */
import { readFileSync } from 'node:fs'
import { advisoriesVerdict, signaturesVerdict, type Verdict } from './verdict.ts'

const text = (verdict: Verdict): string => {
  if (verdict.outcome === 'good') return 'good'
  if (verdict.outcome === 'unchecked') return `NOT CHECKED: ${verdict.reason}`
  return `bad\n${verdict.findings.map((finding) => `  ${finding}`).join('\n')}`
}

const [what = '', file = ''] = process.argv.slice(2)
const verdictOf = what === 'signatures' ? signaturesVerdict : advisoriesVerdict
const verdict = verdictOf(readFileSync(file, 'utf8'))
console.log(`${what}: ${text(verdict)}`)
if (verdict.outcome === 'bad') process.exitCode = 1
