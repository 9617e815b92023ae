/** Dashboards are what Grafana can read, and what the script makes. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { files } from '../../../grafana/build.ts'
import { dashboards, filesOf } from '../../monitoring/support/dashboards.ts'

const SCHEMA_VERSION = 39
const COLUMNS = 24

test('files are as the script makes them', () => {
  const names = ['dashboards', 'rules'].flatMap((kind) =>
    Object.keys(filesOf(kind)).map((name) => `${kind}/${name}`),
  )
  assert.deepEqual(names.sort(), [...files.keys()].sort())
  for (const [path, text] of files) {
    const found = readFileSync(new URL(`../../../grafana/${path}`, import.meta.url), 'utf8')
    assert.equal(found, text, `${path} is not of this source: node grafana/build.ts`)
  }
})

test('each dashboard has an id, a title and a schema that Grafana 11 reads', () => {
  const all = dashboards()
  assert.equal(all.length, 5)
  for (const field of ['uid', 'title'] as const)
    assert.equal(new Set(all.map(([, board]) => board[field])).size, all.length)
  for (const [file, { uid, schemaVersion, tags }] of all) {
    assert.equal(`${uid}.json`, `sluice-${file}`)
    assert.ok(uid.length <= 40)
    assert.equal(schemaVersion, SCHEMA_VERSION)
    assert.deepEqual(tags, ['sluice'])
  }
})

for (const [file, board] of dashboards())
  describe(file, () => {
    const { panels, templating } = board
    const shown = panels.filter(({ type }) => type !== 'row')

    test('panels have ids of their own, and places that do not overlap', () => {
      assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length)
      const taken = new Map<string, string>()
      for (const { title, gridPos } of panels) {
        assert.ok(gridPos.x >= 0 && gridPos.x + gridPos.w <= COLUMNS, title)
        for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++)
          for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
            const place = `${x}:${y}`
            assert.equal(taken.get(place), undefined, `${title} at ${place}`)
            taken.set(place, title)
          }
      }
    })

    test('rows are full, so that nothing moves when Grafana packs them', () => {
      const widths = new Map<number, number>()
      for (const { gridPos } of panels)
        widths.set(gridPos.y, (widths.get(gridPos.y) ?? 0) + gridPos.w)
      for (const [y, width] of widths) assert.equal(width, COLUMNS, `at ${y}`)
    })

    test('panels are named, described, and have a unit and queries', () => {
      assert.ok(shown.length > 0)
      const titles = shown.map(({ title }) => title)
      assert.equal(new Set(titles).size, titles.length)
      for (const { title, type, description, fieldConfig, targets = [] } of shown) {
        assert.match(title, /^[A-Z]/)
        assert.match(description ?? '', /^[A-Z0-9].*\.$/s, title)
        if (type !== 'heatmap') assert.ok(fieldConfig?.defaults.unit, title)
        assert.ok(targets.length > 0, title)
        assert.equal(new Set(targets.map(({ refId }) => refId)).size, targets.length, title)
      }
    })

    test('thresholds ascend from a color for everything below', () => {
      for (const { title, fieldConfig } of shown) {
        const [first, ...others] = fieldConfig?.defaults.thresholds?.steps ?? []
        if (first === undefined) continue
        assert.equal(first.value, null, title)
        const values = others.map(({ value }) => value ?? assert.fail(title))
        assert.deepEqual(
          values,
          [...values].sort((a, b) => a - b),
          title,
        )
      }
    })

    test('everything asks the data source that is chosen', () => {
      for (const { title, datasource, targets = [] } of shown)
        for (const source of [datasource, ...targets.map((target) => target.datasource)])
          assert.deepEqual(source, { type: 'prometheus', uid: '$datasource' }, title)
    })

    test('every variable is used by every query that can be, and no other is', () => {
      const known = templating.list.map(({ name }) => name)
      const [first, ...others] = templating.list
      assert.equal(first?.type, 'datasource')
      for (const { name, type, allValue, definition } of others) {
        assert.equal(type, 'query')
        // also where the label is missing
        assert.equal(allValue, '.*')
        assert.match(
          definition ?? '',
          new RegExp(`^label_values\\(sluice_build_info\\{.*\\}, ${name}\\)$`),
        )
      }
      for (const { title, targets = [] } of shown)
        for (const { expr } of targets) {
          const used = new Set([...expr.matchAll(/\$(\w+)/g)].map(([, name = '']) => name))
          for (const name of used)
            assert.ok(known.includes(name) || /^__(rate_interval|range)$/.test(name), expr)
          // alerts of all relays
          if (expr.includes('ALERTS{')) continue
          for (const { name } of others) assert.ok(used.has(name), `${title}: ${name} in ${expr}`)
        }
    })
  })
