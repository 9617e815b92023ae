/** Names and labels: what finds what, and what must never change. */
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { allOf, at, listAt, type Manifest, one, render, type Values } from './support/chart.ts'
import { external, matrix } from './support/values.ts'

type Labels = Readonly<Record<string, string>>

const hasAll = (labels: Labels, wanted: Labels): boolean =>
  Object.entries(wanted).every(([name, value]) => labels[name] === value)

const podLabels = (manifests: readonly Manifest[]): readonly (readonly [string, Labels])[] =>
  manifests
    .filter(({ kind }) => ['Deployment', 'StatefulSet', 'Job'].includes(kind))
    .map((manifest) => [
      String(at(manifest, 'metadata.name')),
      at(manifest, 'spec.template.metadata.labels') as Labels,
    ])

const selectorOf = (manifest: Manifest): Labels | undefined => {
  const { kind } = manifest
  if (kind === 'Service') return at(manifest, 'spec.selector') as Labels
  if (kind === 'NetworkPolicy') return at(manifest, 'spec.podSelector.matchLabels') as Labels
  const kinds = ['Deployment', 'StatefulSet', 'PodDisruptionBudget', 'PodMonitor']
  return kinds.includes(kind) ? (at(manifest, 'spec.selector.matchLabels') as Labels) : undefined
}

/** A StatefulSet's controller adds it. */
const OWN_POD = 'statefulset.kubernetes.io/pod-name'

for (const [name, values] of Object.entries(matrix))
  suite(`labels of ${name}`, () => {
    const manifests = render(values)
    const pods = podLabels(manifests)

    test('every selector finds the pods of one workload', () => {
      for (const manifest of manifests) {
        const { [OWN_POD]: _pod, ...selector } = selectorOf(manifest) ?? {}
        if (Object.keys(selector).length === 0) continue
        const found = pods.filter(([, labels]) => hasAll(labels, selector))
        assert.equal(found.length, 1, `${manifest.kind} ${manifest.metadata.name}`)
      }
    })
    test('every object of the chart has a namespace and the usual labels', () => {
      for (const { kind, metadata } of manifests) {
        if (metadata.name.endsWith('-extra')) continue
        assert.equal(metadata.namespace, 'smp', kind)
        for (const label of ['name', 'instance', 'component', 'version', 'managed-by', 'part-of'])
          assert.ok(metadata.labels?.[`app.kubernetes.io/${label}`], `${kind} ${label}`)
        assert.equal(metadata.labels?.['helm.sh/chart'], 'sluice-0.1.0')
      }
    })
    test('no two objects have one name', () => {
      const names = manifests.map(({ kind, metadata }) => `${kind} ${metadata.name}`)
      assert.deepEqual(names, [...new Set(names)])
    })
    test('ports that Services lead to are there', () => {
      const relayPorts = listAt(
        one(manifests, 'Deployment'),
        'spec.template.spec.containers.0.ports',
      ).map((port) => at(port, 'name'))
      for (const service of allOf(manifests, 'Service'))
        for (const port of listAt(service, 'spec.ports'))
          assert.ok([...relayPorts, 'valkey'].includes(at(port, 'targetPort')))
    })
  })

suite('selectors of workloads', () => {
  const selectors = (values: Values) =>
    render(values)
      .filter(({ kind }) => ['Deployment', 'StatefulSet'].includes(kind))
      .map((manifest) => at(manifest, 'spec.selector.matchLabels'))

  for (const change of [
    { image: { tag: '9.9.9' } },
    { commonLabels: { team: 'messaging' } },
    { podLabels: { colour: 'blue' } },
    { hosts: ['other.example.org'] },
    { config: { SLUICE_QUEUE_QUOTA: 9 } },
    { replicaCount: 9 },
  ])
    test(`do not change with ${JSON.stringify(change)}`, () => {
      assert.deepEqual(selectors(change), selectors({}))
    })
  test('have nothing that changes with versions', () => {
    for (const selector of selectors({}))
      assert.deepEqual(Object.keys(selector as object), [
        'app.kubernetes.io/name',
        'app.kubernetes.io/instance',
        'app.kubernetes.io/component',
      ])
  })
})

suite('names', () => {
  const nameOf = (values: Values, release: string) =>
    one(render(values, { release }), 'Deployment').metadata.name
  for (const [values, release, name] of [
    [{}, 'sluice', 'sluice'],
    [{}, 'relay', 'relay-sluice'],
    [{}, 'my-sluice-eu', 'my-sluice-eu'],
    [{ nameOverride: 'smp' }, 'eu', 'eu-smp'],
    [{ fullnameOverride: 'exactly' }, 'eu', 'exactly'],
  ] as const)
    test(`of release ${release} with ${JSON.stringify(values)} begin with ${name}`, () => {
      assert.equal(nameOf(values, release), name)
    })
  test('are never too long', () => {
    for (const { metadata } of render({}, { release: 'r'.repeat(53) }))
      assert.ok(metadata.name.length <= 63, metadata.name)
  })
  test('of two releases in one namespace differ', () => {
    const names = (release: string) =>
      render({}, { release }).map(({ kind, metadata }) => `${kind} ${metadata.name}`)
    const first = new Set(names('a'))
    assert.deepEqual(
      names('b').filter((name) => first.has(name)),
      [],
    )
  })
})

suite('the test of a release', () => {
  const pod = (values: object) => one(render({ ...external, ...values }), 'Pod')
  const host = (values: object) => {
    const variables = listAt(pod(values), 'spec.containers.0.env')
    return at(
      variables.find((variable) => at(variable, 'name') === 'SLUICE_HOST'),
      'value',
    )
  }
  test('sends a message through the Service', () => {
    assert.deepEqual(at(pod({}), 'spec.containers.0.args'), ['demo'])
    assert.equal(pod({}).metadata.annotations?.['helm.sh/hook'], 'test')
    assert.equal(host({}), 'sluice.smp.svc')
  })
  test('goes through the balancer where relays want its PROXY header', () => {
    const proxyProtocol = { enabled: true, from: ['10.0.0.0/8'] }
    assert.equal(host({ proxyProtocol }), 'smp.example.org')
    assert.equal(host({ proxyProtocol, tests: { host: 'inside' } }), 'inside')
  })
  test('knows the password for queues', () => {
    const variables = listAt(
      pod({ createPassword: { existingSecret: 'word' } }),
      'spec.containers.0.env',
    )
    assert.ok(variables.some((variable) => at(variable, 'name') === 'SLUICE_CREATE_PASSWORD_FILE'))
  })
  test('need not be', () => {
    assert.equal(allOf(render({ ...external, tests: { enabled: false } }), 'Pod').length, 0)
  })
})
