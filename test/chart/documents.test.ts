/** What is made from the chart or must agree with it. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { suite, test } from 'node:test'
import { parse } from 'yaml'
import { loadSettings } from '../../src/config/load-settings.ts'
import {
  at,
  chartFolder,
  listAt,
  type Manifest,
  one,
  parseManifests,
  render,
  root,
} from './support/chart.ts'
import { kustomizeFiles, manifestsOf } from './support/kustomize.ts'
import { valueRows, withTable } from './support/readme.ts'
import { tool } from './support/tools.ts'
import { matrix } from './support/values.ts'

const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const valuesText = read('helm/sluice/values.yaml')
const schema: unknown = JSON.parse(read('helm/sluice/values.schema.json'))

suite('the chart', () => {
  const chart = parse(read('helm/sluice/Chart.yaml'))

  test('is of the version of the package', () => {
    assert.equal(chart.appVersion, JSON.parse(read('package.json')).version)
    assert.match(
      chart.annotations['artifacthub.io/images'],
      new RegExp(`sluice:${chart.appVersion}`),
    )
  })
  test('says of every value what it is', () => {
    const rows = valueRows(valuesText)
    assert.ok(rows.length > 150)
    assert.deepEqual(
      rows.filter(({ about }) => about === '').map(({ path }) => path),
      [],
    )
  })
  test('has a README with these', () => {
    const readme = read('helm/sluice/README.md')
    assert.equal(readme, withTable(readme, valuesText), 'npm run chart makes it anew')
  })
  for (const program of ['helm', 'helm4'])
    for (const values of ['values.yaml', 'values-production.yaml'])
      test(`passes the lint of ${program} with ${values}`, () => {
        const args = ['lint', chartFolder, '--strict', '--kube-version', '1.37']
        const { status, stdout } = spawnSync(
          tool(program),
          [...args, '--values', join(chartFolder, values)],
          { encoding: 'utf8' },
        )
        assert.equal(status, 0, stdout)
      })
  for (const [name, values] of Object.entries(matrix))
    test(`is to Helm 4 what it is to Helm 3: ${name}`, () => {
      assert.deepEqual(render(values, { program: 'helm4' }), render(values))
    })
  test('is a package that renders as the folder does', () => {
    const folder = mkdtempSync(join(tmpdir(), 'sluice-package-'))
    try {
      const helm = (...args: readonly string[]) =>
        spawnSync(tool('helm'), args, { encoding: 'utf8', cwd: folder })
      assert.equal(helm('package', chartFolder).status, 0)
      const textOf = (chart: string) =>
        helm('template', 'sluice', chart, '--kube-version', '1.37').stdout
      assert.ok(textOf(chartFolder).length > 1000)
      assert.equal(textOf('sluice-0.1.0.tgz'), textOf(chartFolder))
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})

suite('the schema', () => {
  const isMap = (value: unknown): value is Record<string, unknown> =>
    typeof value === 'object' && value !== null && !Array.isArray(value)

  /** Maps whose keys are the user's. */
  const isOpen = (values: object, part: unknown): boolean =>
    at(part, 'properties') === undefined || Object.keys(values).length === 0
  const problems = (values: unknown, part: unknown, path: string): readonly string[] => {
    if (!isMap(values) || isOpen(values, part))
      return part === undefined ? [`${path} is not there`] : []
    const properties = at(part, 'properties')
    const unknown = isMap(properties)
      ? Object.keys(properties).filter((name) => !(name in values) && name !== 'global')
      : []
    return [
      ...(at(part, 'additionalProperties') === false ? [] : [`${path} takes anything`]),
      ...unknown.map((name) => `${path}.${name} has no default`),
      ...Object.entries(values).flatMap(([name, value]) =>
        problems(value, at(properties, name), `${path}.${name}`),
      ),
    ]
  }
  test('has every value, and no other', () => {
    const resources = new Set(['claims', 'requests', 'limits', 'namespace'])
    const found = problems(parse(valuesText), schema, 'values').filter(
      (problem) => !resources.has(problem.split(' ')[0]?.split('.').at(-1) ?? ''),
    )
    assert.deepEqual(found, [])
  })
})

suite('settings of the relay', () => {
  test('are those that the chart sets', () => {
    const templates = readdirSync(join(chartFolder, 'templates'), { recursive: true })
      .map(String)
      .filter((file) => statSync(join(chartFolder, 'templates', file)).isFile())
      .map((file) => read(join('helm/sluice/templates', file)))
      .join('\n')
    const names = new Set(templates.match(/SLUICE_[A-Z_]*[A-Z]/g))
    const isUnknown = (name: string): boolean => {
      const loaded = loadSettings({ env: { [name]: '-' }, readFile: () => '-' })
      return 'problems' in loaded && loaded.problems.some((line) => /is not a setting/.test(line))
    }
    const unknown = [...names].filter(isUnknown)
    assert.ok(names.size > 15)
    assert.deepEqual(unknown, [])
  })
})

suite('what a relay is given', () => {
  /** What Secrets hold; each is as long as it has to be. */
  const contents: Readonly<Record<string, string>> = {
    cluster: 'a'.repeat(64),
    redis: 'rediss+cluster://:word@a,b',
  }
  for (const [name, values] of Object.entries(matrix))
    test(`is right: ${name}`, () => {
      const manifests = render(values)
      const settings = one(manifests, 'ConfigMap', 'sluice').data as Record<string, string>
      const env = { ...settings }
      for (const variable of listAt(
        one(manifests, 'Deployment'),
        'spec.template.spec.containers.0.env',
      ))
        env[String(at(variable, 'name'))] = String(at(variable, 'value') ?? 'word')
      // as Kubernetes puts it in
      if (env.SLUICE_REDIS_URL)
        env.SLUICE_REDIS_URL = env.SLUICE_REDIS_URL.replace('$(REDIS_PASSWORD)', 'word')
      const live = manifests.find(({ metadata }) => metadata.name === 'sluice-live')?.data
      const readFile = (path: string): string => {
        const [, folder, file = ''] = path.split('/')
        if (folder === 'settings') return (live as Record<string, string>)[file] ?? ''
        return contents[file] ?? 'w'.repeat(20)
      }
      const loaded = loadSettings({ env, readFile })
      assert.deepEqual('problems' in loaded ? loaded.problems : [], [])
    })
})

suite('plain manifests', () => {
  const files = kustomizeFiles()

  test('are made from the chart', () => {
    const present = readdirSync(join(root, 'k8s'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.parentPath !== join(root, 'k8s'))
      .map((entry) => relative(join(root, 'k8s'), join(entry.parentPath, entry.name)))
    assert.deepEqual(present.sort(), [...files.keys()].sort())
    for (const [path, text] of files)
      assert.equal(read(join('k8s', path)), text, `${path}: npm run chart makes it anew`)
  })

  const build = (folder: string): readonly Manifest[] => {
    const { status, stdout, stderr } = spawnSync(tool('kustomize'), ['build', folder], {
      encoding: 'utf8',
    })
    assert.equal(status, 0, stderr)
    return parseManifests(stdout)
  }
  /** Settings have a sum in their name, so that a change of them makes new pods. */
  const sum = /^(sluice)-[0-9a-z]{10}$/
  const comparable = (manifests: readonly Manifest[]): readonly unknown[] =>
    manifests
      .filter(({ kind }) => kind !== 'Namespace')
      .map((manifest) =>
        JSON.parse(JSON.stringify(manifest), (key, value) => {
          if (key === 'namespace') return undefined
          return key === 'name' && sum.test(value) ? 'sluice' : value
        }),
      )
      .sort((a, b) => `${a.kind} ${a.metadata.name}`.localeCompare(`${b.kind} ${b.metadata.name}`))

  for (const [layer, folder] of [
    ['base', 'k8s/base'],
    ['trial', 'k8s/overlays/trial'],
    ['production', 'k8s/overlays/production'],
  ] as const)
    test(`of ${layer} are built into what Helm renders`, () => {
      assert.deepEqual(comparable(build(join(root, folder))), comparable(manifestsOf(layer)))
    })

  test('of overlays are all in their namespace', () => {
    for (const overlay of ['trial', 'production'])
      for (const { kind, metadata } of build(join(root, 'k8s/overlays', overlay)))
        if (kind !== 'Namespace') assert.equal(metadata.namespace, 'sluice', kind)
        else assert.equal(metadata.labels?.['pod-security.kubernetes.io/enforce'], 'restricted')
  })
  test('name the settings by their sum', () => {
    const manifests = build(join(root, 'k8s/overlays/production'))
    const settings = manifests.find(({ kind }) => kind === 'ConfigMap')
    const deployment = manifests.find(({ kind }) => kind === 'Deployment')
    assert.match(settings?.metadata.name ?? '', sum)
    const [source] = listAt(deployment, 'spec.template.spec.containers.0.envFrom')
    assert.equal(at(source, 'configMapRef.name'), settings?.metadata.name)
  })
  test('can have objects for the Prometheus operator', () => {
    const folder = mkdtempSync(join(root, 'k8s', 'own-'))
    try {
      const parts = {
        resources: ['../overlays/production'],
        components: ['../components/prometheus-operator'],
      }
      writeFileSync(join(folder, 'kustomization.yaml'), JSON.stringify(parts))
      assert.ok(build(folder).some(({ kind }) => kind === 'PodMonitor'))
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
