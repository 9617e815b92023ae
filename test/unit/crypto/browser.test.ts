import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { it } from 'node:test'

/** Every module that the file's imports lead to: our files as URLs, packages by name. */
const reachable = (file: URL, seen = new Set<string>()): ReadonlySet<string> => {
  if (seen.has(file.href)) return seen
  seen.add(file.href)
  const imports = readFileSync(file, 'utf8').matchAll(/^(?:import|\} from) .*?'([^']+)'$/gm)
  for (const [, target = ''] of imports) {
    if (target.startsWith('.')) reachable(new URL(target, file), seen)
    else seen.add(target)
  }
  return seen
}

for (const entry of ['noble', 'block-cipher', 'authenticator', 'message-box', 'short-link'])
  it(`${entry}.ts runs in a browser: it needs nothing of Node`, () => {
    const modules = reachable(new URL(`../../../src/crypto/${entry}.ts`, import.meta.url))
    assert.ok(modules.size > 2)
    for (const module of modules) {
      assert.match(module, /^(file:|@noble\/)/)
      if (module.startsWith('file:'))
        assert.doesNotMatch(readFileSync(new URL(module), 'utf8'), /\b(Buffer|process)\b/)
    }
  })
