import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { allChecks, selectChecks } from '../../../src/conformance/catalog.ts'
import { checksMarkdown } from '../../../src/conformance/document.ts'

describe('the catalog', () => {
  test('has one check to an id, all of one form', () => {
    const ids = allChecks.map(({ id }) => id)
    assert.equal(new Set(ids).size, ids.length)
    for (const id of ids) assert.match(id, /^SMP-[A-Z]-\d{3}$/)
  })

  test('has titles that fit a line', () => {
    for (const { id, title } of allChecks) {
      assert.ok(title.length > 3 && title.length <= 92, id)
      assert.doesNotMatch(title, /[.|\n]$/, id)
    }
  })

  test('leaves out no row of the reference’s own tests, and none of its other suites', () => {
    const sections = new Set(allChecks.map(({ section }) => section))
    for (let row = 1; row <= 27; row++) assert.ok(sections.has(`14.1.${row}`), `row ${row}`)
    assert.ok(sections.has('14.2'))
    assert.ok(sections.has('14.3'))
  })

  test('has a check of the credentials of every command', () => {
    const tags = allChecks
      .filter(
        ({ section, title }) => section === '5.4' && title.includes('authorization and entity'),
      )
      .map(({ title }) => title.split(' ')[0])
    assert.equal(tags.length, 24)
    assert.equal(new Set(tags).size, 24)
  })

  test('has every version in the families that depend on it', () => {
    for (const hundred of [1, 2, 3, 4])
      for (let version = 6; version <= 18; version++) {
        const id = `SMP-V-${hundred}${String(version).padStart(2, '0')}`
        assert.ok(
          allChecks.some((check) => check.id === id),
          id,
        )
      }
  })
})

describe('--only', () => {
  const idsOf = (...wanted: string[]) => selectChecks(wanted).checks.map(({ id }) => id)

  test('takes ids and groups, in any case, in the order of the catalog', () => {
    assert.deepEqual(idsOf('smp-q-002', 'SMP-Q-001'), ['SMP-Q-001', 'SMP-Q-002'])
    assert.ok(idsOf('SMP-S').length > 40)
    assert.ok(idsOf('SMP-S').every((id) => id.startsWith('SMP-S-')))
    assert.deepEqual(idsOf('SMP-Q', 'SMP-Q-001'), idsOf('SMP-Q'))
  })

  test('tells what names none', () => {
    assert.deepEqual(selectChecks(['SMP-Q-001', 'SMP-Q-0', 'Q', '']).unknown, ['SMP-Q-0', 'Q', ''])
  })
})

const page = fileURLToPath(new URL('../../../docs/conformance.md', import.meta.url))

test('docs/conformance.md holds the list of checks as it is', (t) => {
  const text = readFileSync(page, 'utf8')
  const expected = text.replace(
    /(<!-- checks -->\n).*(<!-- \/checks -->)/s,
    (_all, before: string, after: string) => `${before}\n${checksMarkdown()}\n${after}`,
  )
  assert.match(text, /<!-- checks -->\n.*<!-- \/checks -->/s)
  // an update of snapshots writes the page
  t.assert.fileSnapshot(expected, page, { serializers: [(whole) => whole] })
})
