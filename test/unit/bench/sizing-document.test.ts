import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { documentParts } from '../../../bench/sizing-text.ts'
import { ownCosts } from '../../../bench/unit-costs.ts'

const page = fileURLToPath(new URL('../../../docs/sizing.md', import.meta.url))

test('docs/sizing.md holds the tables that the script prints', (t) => {
  const text = readFileSync(page, 'utf8')
  let expected = text
  for (const [name, part] of Object.entries(documentParts(ownCosts()))) {
    const block = new RegExp(`(<!-- ${name} -->\n).*(<!-- /${name} -->)`, 's')
    assert.match(text, block)
    expected = expected.replace(block, (_all, before: string, after: string) => {
      return `${before}\n${part}\n\n${after}`
    })
  }
  // an update of snapshots writes the page
  t.assert.fileSnapshot(expected, page, { serializers: [(whole) => whole] })
})
