/** What is installed with the relay may be distributed with it, and is listed in THIRD-PARTY.md. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import {
  type DependencyKind,
  type Direct,
  directPackages,
  type Installed,
  productionPackages,
  readText,
} from './packages.ts'

/** Those that AGPL-3.0-only programs may contain (gnu.org/licenses/license-list.html). */
const compatible = new Set(['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', 'MIT'])

/** Of `(A OR B)` one is enough; anything else than a list of names is read by people first. */
const isCompatible = (licence: string | undefined): boolean =>
  (licence ?? '')
    .replace(/^\((.*)\)$/, '$1')
    .split(' OR ')
    .some((name) => compatible.has(name))

const page = fileURLToPath(new URL('../../THIRD-PARTY.md', import.meta.url))

const markdown = (packages: readonly Installed[]): string =>
  packages
    .map(({ name, version, licence }) => `| \`${name}\` | ${version} | ${licence} |\n`)
    .join('')

test('every licence of an installed production package is compatible with AGPL-3.0-only', () => {
  const packages = productionPackages()
  assert.ok(packages.length > 50)
  const wrong = packages.filter(({ licence }) => !isCompatible(licence))
  assert.deepEqual(wrong, [])
})

test('others are not: copyleft that is narrower, and what nobody has read', () => {
  for (const licence of ['GPL-2.0-only', 'SSPL-1.0', 'BUSL-1.1', 'MIT AND CC-BY-NC-4.0', undefined])
    assert.ok(!isCompatible(licence), licence)
  for (const licence of ['MIT', '(MIT OR GPL-2.0-only)', 'BUSL-1.1 OR ISC'])
    assert.ok(isCompatible(licence), licence)
})

test('THIRD-PARTY.md lists the production packages as they are', (t) => {
  const text = readText('THIRD-PARTY.md')
  const place = /(<!-- packages -->\n.*?\| -+ \| -+ \| -+ \|\n).*(\n<!-- \/packages -->)/s
  assert.match(text, place)
  const table = markdown(productionPackages())
  const expected = text.replace(place, (_, before: string, after: string) => before + table + after)
  // an update of snapshots writes the page
  t.assert.fileSnapshot(expected, page, { serializers: [(whole) => whole] })
})

/** Name, what it is for, why not ourselves, licence, how many it brings. */
const row = /^\| `([^`]+)` +\| .+? \| .+? \| (\S.*?) +\| +(\d+) +\|$/gm

const isFor = {
  dependencies: 'What the relay runs on',
  devDependencies: 'What tests and checks need',
} as const

describe('CONTRIBUTING.md justifies', () => {
  const sections = readText('CONTRIBUTING.md').split(/^### /m)
  for (const kind of Object.keys(isFor) as readonly DependencyKind[])
    test(`each of ${kind}, with its licence and what it brings`, () => {
      const section = sections.find((one) => one.startsWith(isFor[kind])) ?? ''
      const written = [...section.matchAll(row)].map(([, name, licence, brings]) => [
        ...[name, licence, Number(brings)],
      ])
      const packages = directPackages(kind)
      const expected = packages.map(({ name, licence, brings }: Direct) => [name, licence, brings])
      assert.deepEqual(written, expected)
    })
})
