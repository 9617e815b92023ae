/** What is left of packages in the image (image/prune.js). */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const script = fileURLToPath(new URL('../../image/prune.js', import.meta.url))
const own = `${process.platform}-${process.arch}`

const kept = [
  ...['a/index.js', 'a/LICENSE', 'b/LICENSE.md', 'b/license.markdown', 'b/NOTICE.md'],
  ...['@c/d/COPYING.md', '@c/d/node_modules/e/Licence.md'],
  `sodium-native/prebuilds/${own}/sodium.node`,
]
const removed = [
  ...['a/index.d.ts', 'a/index.js.map', 'a/README.md', 'b/index.ts', '@c/d/history.markdown'],
  ...['sodium-native/prebuilds/other-arch/sodium.node', 'sodium-native/deps/LICENSE'],
]

test('the licence of each package stays, whatever its file is called', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-prune-'))
  try {
    for (const path of [...kept, ...removed]) {
      mkdirSync(join(folder, dirname(path)), { recursive: true })
      writeFileSync(join(folder, path), '')
    }
    execFileSync(process.execPath, [script, folder])
    const left = readdirSync(folder, { recursive: true, withFileTypes: true })
    const files = left
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1))
    assert.deepEqual(files.toSorted(), kept.toSorted())
  } finally {
    await rm(folder, { recursive: true })
  }
})
