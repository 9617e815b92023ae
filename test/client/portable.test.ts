/** Everything but what connects from Node runs in a browser: no Node modules, no native code behind it. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { it } from 'node:test'

const source = new URL('../../src/client/', import.meta.url)
const forNode = [
  'index.ts',
  'connect.ts',
  'open-client.ts',
  'tls-transport.ts',
  'node-web-socket.ts',
  'service-certificate.ts',
]
const portablePackages = [
  '@noble/ciphers',
  '@noble/curves',
  '@noble/hashes',
  '@peculiar/asn1-schema',
  '@peculiar/asn1-x509',
]

/** What a module loads; `import type` loads nothing. */
const importsOf = (module: URL): readonly string[] => {
  const statements = readFileSync(module, 'utf8').matchAll(
    /^(?:import|export)\s(?!type\s)[^'";]*?from '([^']+)'/gms,
  )
  return [...statements].map(([, from = '']) => from)
}

it('the client above its transport is portable', () => {
  const files = readdirSync(source).filter((file) => !forNode.includes(file))
  const seen = new Set(files.map((file) => new URL(file, source).href))
  assert.ok(files.includes('client.ts') && files.includes('conversation.ts'))
  for (const href of seen)
    for (const from of importsOf(new URL(href)))
      if (from.startsWith('.')) seen.add(new URL(from, href).href)
      else
        assert.ok(
          portablePackages.some((name) => from.startsWith(name)),
          `${href} imports ${from}`,
        )
  assert.ok(![...seen].some((href) => forNode.includes(href.slice(href.lastIndexOf('/') + 1))))
})
