import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { advisoriesVerdict, signaturesVerdict, type Verdict } from './verdict.ts'

const packageOf = (name: string) => ({ name, version: '1.2.3', code: 'EINTEGRITYSIGNATURE' })

const failed = (code: string, summary: string) => ({ error: { code, summary, detail: '' } })

describe('signatures', () => {
  const cases: readonly (readonly [string, unknown, Verdict])[] = [
    ['all right', { invalid: [], missing: [] }, { outcome: 'good' }],
    [
      'one wrong, one missing',
      { invalid: [packageOf('a')], missing: [packageOf('@b/c')] },
      {
        outcome: 'bad',
        findings: [
          'a@1.2.3: its signature is wrong',
          '@b/c@1.2.3: it has no signature, though its registry signs',
        ],
      },
    ],
    ...['ENOTFOUND', 'ECONNREFUSED', 'ETIMEDOUT', 'E403', 'E404', 'E503'].map(
      (code) => [code, failed(code, 'no way'), { outcome: 'unchecked', reason: 'no way' }] as const,
    ),
    [
      'a registry without keys',
      failed('', 'found no dependencies to audit that were installed from a supported registry'),
      {
        outcome: 'unchecked',
        reason: 'found no dependencies to audit that were installed from a supported registry',
      },
    ],
    [
      'an error that is none of the network',
      failed('EEXPIREDSIGNATUREKEY', 'a key has expired'),
      { outcome: 'bad', findings: ['a key has expired'] },
    ],
  ]
  for (const [what, said, verdict] of cases)
    test(what, () => assert.deepEqual(signaturesVerdict(JSON.stringify(said)), verdict))
})

describe('advisories', () => {
  const report = (severities: Readonly<Record<string, string>>) => ({
    auditReportVersion: 2,
    vulnerabilities: Object.fromEntries(
      Object.entries(severities).map(([name, severity]) => [name, { name, severity }]),
    ),
  })
  const cases: readonly (readonly [string, unknown, Verdict])[] = [
    ['none', report({}), { outcome: 'good' }],
    ['small ones', report({ a: 'low', b: 'moderate', c: 'info' }), { outcome: 'good' }],
    [
      'severe ones',
      report({ a: 'high', b: 'low', c: 'critical' }),
      { outcome: 'bad', findings: ['a: high', 'c: critical'] },
    ],
    [
      'a registry that takes no questions',
      { message: '405 Method Not Allowed', statusCode: 405, error: { summary: '', detail: '' } },
      { outcome: 'unchecked', reason: '405 Method Not Allowed' },
    ],
    [
      'a registry that is away',
      failed('ENOTFOUND', 'no way'),
      { outcome: 'unchecked', reason: 'no way' },
    ],
    [
      'a lock file that npm does not take',
      failed('ENOLOCK', 'This command requires an existing lockfile.'),
      { outcome: 'bad', findings: ['This command requires an existing lockfile.'] },
    ],
  ]
  for (const [what, said, verdict] of cases)
    test(what, () => assert.deepEqual(advisoriesVerdict(JSON.stringify(said)), verdict))
})

test('what is no JSON, or none of an audit, is bad: nothing was checked and nobody knows why', () => {
  for (const said of ['', 'no', '[]', '{}', 'null', '{"invalid":3,"missing":[]}'])
    for (const verdict of [signaturesVerdict(said), advisoriesVerdict(said)])
      assert.deepEqual(verdict, { outcome: 'bad', findings: ['npm said nothing that can be read'] })
})
