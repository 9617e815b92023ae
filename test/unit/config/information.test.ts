import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { loadInformation } from '../../../src/config/information.ts'
import { loadSettings } from '../../../src/config/load-settings.ts'
import type { Settings } from '../../../src/config/settings.ts'

const noFile = (path: string): string => assert.fail(`reads ${path}`)

const load = (env: Readonly<Record<string, string>>): Settings => {
  const loaded = loadSettings({ env, readFile: noFile })
  assert.ok('settings' in loaded, JSON.stringify(loaded))
  return loaded.settings
}

const problemsOf = (env: Readonly<Record<string, string>>): readonly string[] => {
  const loaded = loadSettings({ env, readFile: noFile })
  return 'problems' in loaded ? loaded.problems : []
}

const whole = {
  sourceCode: 'https://code.example',
  usageConditions: { conditions: 'https://conditions.example', amendments: 'https://more.example' },
  operator: { name: 'Example', country: 'CH' },
  website: 'https://example.org',
  adminContacts: {
    simplex: 'simplex:/a#x',
    email: 'a@b',
    pgp: { pkURI: 'https://pgp.example', pkFingerprint: '2F05' },
  },
  complaintsContacts: { email: 'c@d' },
  hosting: { name: 'Host', country: 'DE' },
  hostingType: 'owned',
  serverCountry: 'FR',
}

const SOURCE = 'SLUICE_INFO_SOURCE_CODE'

describe('information', () => {
  test('is absent where nothing is given', () => {
    assert.deepEqual(loadInformation(load({}), noFile), {})
  })

  test('is what the settings say, in the form of the reference', () => {
    const settings = load({
      [SOURCE]: 'https://code.example',
      SLUICE_INFO_USAGE_CONDITIONS: 'https://conditions.example',
      SLUICE_INFO_CONDITION_AMENDMENTS: 'https://more.example',
      SLUICE_INFO_OPERATOR: 'Example',
      SLUICE_INFO_OPERATOR_COUNTRY: 'ch',
      SLUICE_INFO_WEBSITE: 'https://example.org',
      SLUICE_INFO_ADMIN_SIMPLEX: 'simplex:/a#x',
      SLUICE_INFO_ADMIN_EMAIL: 'a@b',
      SLUICE_INFO_ADMIN_PGP: 'https://pgp.example',
      SLUICE_INFO_ADMIN_PGP_FINGERPRINT: '2F05',
      SLUICE_INFO_COMPLAINTS_EMAIL: 'c@d',
      SLUICE_INFO_HOSTING: 'Host',
      SLUICE_INFO_HOSTING_COUNTRY: 'DE',
      SLUICE_INFO_HOSTING_TYPE: 'owned',
      SLUICE_INFO_SERVER_COUNTRY: 'FR',
    })
    assert.deepEqual(loadInformation(settings, noFile), { information: whole })
  })

  const fromFile = (text: string) =>
    loadInformation(load({ SLUICE_INFO_FILE: '/info.json' }), (path) =>
      path === '/info.json' ? text : assert.fail(path),
    )

  test('may come from a file', () => {
    assert.deepEqual(fromFile(JSON.stringify(whole)), { information: whole })
  })

  const wrong: readonly (readonly [string, RegExp])[] = [
    ['{', /is not JSON/],
    ['[]', /has at ""/],
    ['{}', /has at "sourceCode"/],
    [JSON.stringify({ ...whole, colour: 'red' }), /colour/],
    [JSON.stringify({ ...whole, website: 'javascript:alert(1)' }), /has at "website"/],
    [JSON.stringify({ ...whole, operator: { name: 'x', country: 'Chile' } }), /operator.country/],
  ]
  for (const [text, problem] of wrong)
    test(`is not ${text.slice(0, 12)} … that ${problem.source}`, () => {
      const loaded = fromFile(text)
      assert.ok('problems' in loaded)
      assert.match(loaded.problems.join('\n'), problem)
    })

  test('of a file that cannot be read is a problem', () => {
    const loaded = loadInformation(load({ SLUICE_INFO_FILE: '/none' }), () => {
      throw Object.assign(new Error('ENOENT'), { errno: -2 })
    })
    assert.deepEqual(loaded, {
      problems: ['SLUICE_INFO_FILE "/none" cannot be read: no such file or directory'],
    })
  })

  test('is whole or none', () => {
    const needed = 'is needed with what else SLUICE_INFO_ settings say'
    assert.deepEqual(problemsOf({ SLUICE_INFO_OPERATOR: 'x' }), [
      `${SOURCE} is needed with the other SLUICE_INFO_ settings`,
    ])
    assert.deepEqual(problemsOf({ [SOURCE]: 'https://x', SLUICE_INFO_OPERATOR_COUNTRY: 'DE' }), [
      `SLUICE_INFO_OPERATOR ${needed}`,
    ])
    assert.deepEqual(problemsOf({ [SOURCE]: 'https://x', SLUICE_INFO_FILE: '/x' }), [
      'SLUICE_INFO_FILE says all: remove it, or the other SLUICE_INFO_ settings',
    ])
  })
})
