import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { settingsMarkdown, settingsText } from '../../../src/config/document.ts'
import { loadSettings } from '../../../src/config/load-settings.ts'
import { settingsTable } from '../../../src/config/settings.ts'

const page = fileURLToPath(new URL('../../../docs/configuration.md', import.meta.url))

test('docs/configuration.md holds the table of the settings as they are', (t) => {
  const text = readFileSync(page, 'utf8')
  const expected = text.replace(
    /(<!-- settings -->\n).*(<!-- \/settings -->)/s,
    (_all, before: string, after: string) => `${before}${settingsMarkdown()}\n${after}`,
  )
  assert.match(text, /<!-- settings -->\n.*<!-- \/settings -->/s)
  // an update of snapshots writes the page
  t.assert.fileSnapshot(expected, page, { serializers: [(whole) => whole] })
})

test('the example of docs/configuration.md is valid', () => {
  const example = /```sh\n(.*?)```/s.exec(readFileSync(page, 'utf8'))?.[1] ?? ''
  const files = new Map([
    ['sluice.env', example],
    ['/run/secrets/create-password', 'secret\n'],
  ])
  const loaded = loadSettings({
    env: { SLUICE_CONFIG: 'sluice.env' },
    readFile: (path) => files.get(path) ?? assert.fail(`reads ${path}`),
  })
  assert.ok('settings' in loaded, JSON.stringify(loaded))
  assert.equal(loaded.settings.createPassword, 'secret')
})

test('the text names every setting with its default and limits', () => {
  const text = settingsText()
  for (const setting of settingsTable.values()) {
    assert.ok(text.includes(`${setting.variable}\n`))
    assert.ok(text.includes(`default: ${setting.default ?? 'none'}`))
  }
  assert.match(text, /SLUICE_MESSAGE_TTL_SECONDS\n.*\n.*\n {4}default: 1814400 seconds \(21 days\)/)
  assert.match(text, /SLUICE_CREATE_PASSWORD_FILE/)
})
