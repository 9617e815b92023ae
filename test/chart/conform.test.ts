/** What is rendered holds nothing that a version of Kubernetes does not know. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { type Manifest, render } from './support/chart.ts'
import { writeApiSchemas, writeDefinitionSchemas } from './support/kube-schemas.ts'
import { definitions, openApi, tool } from './support/tools.ts'
import { matrix } from './support/values.ts'

const versions = openApi()

suite('every version of Kubernetes', () => {
  let folder = ''
  let count = 0

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'sluice-conform-'))
    for (const [version, document] of versions) writeApiSchemas(document, join(folder, version))
    writeDefinitionSchemas(definitions(), join(folder, 'crds'))
    mkdirSync(join(folder, 'manifests'))
    for (const [name, values] of Object.entries(matrix)) {
      const manifests = render(values)
      count += manifests.length
      const file = join(folder, 'manifests', `${name.replaceAll(' ', '-')}.yaml`)
      writeFileSync(file, manifests.map((manifest) => JSON.stringify(manifest)).join('\n---\n'))
    }
  })
  after(() => rmSync(folder, { recursive: true, force: true }))

  const conform = (version: string, path: string) => {
    const name = '{{.ResourceKind}}{{.KindSuffix}}.json'
    const places = [join(folder, version, name), join(folder, 'crds', name)]
    const from = places.flatMap((place) => ['-schema-location', place])
    const args = ['-strict', '-output', 'json', '-summary', ...from, path]
    const { stdout, stderr } = spawnSync(tool('kubeconform'), args, { encoding: 'utf8' })
    assert.ok(stdout, stderr)
    return JSON.parse(stdout)
  }

  for (const version of versions.keys())
    test(`${version} knows all of it`, () => {
      const { resources, summary } = conform(version, join(folder, 'manifests'))
      assert.deepEqual(resources ?? [], [])
      assert.deepEqual(summary, { valid: count, invalid: 0, errors: 0, skipped: 0 })
    })

  const broken: readonly (readonly [string, (manifest: Manifest) => unknown, RegExp])[] = [
    ['a field', (manifest) => ({ ...manifest, spec: { replicaz: 3 } }), /replicaz/],
    ['a type', (manifest) => ({ ...manifest, spec: { replicas: 'three' } }), /integer/],
    ['a kind', (manifest) => ({ ...manifest, kind: 'Deploiment' }), /could not find schema/],
  ]
  for (const [what, change, words] of broken)
    test(`${what} that is not there is found`, () => {
      const [version = ''] = versions.keys()
      const deployment = render({}).find(({ kind }) => kind === 'Deployment')
      assert.ok(deployment)
      const path = join(folder, 'broken.yaml')
      writeFileSync(path, JSON.stringify(change(deployment)))
      const { summary, resources } = conform(version, path)
      const { valid, invalid, errors } = summary
      assert.deepEqual({ valid, refused: invalid + errors }, { valid: 0, refused: 1 })
      assert.match(resources[0].msg, words)
    })
})
