/** The relays' Deployment and their settings. */
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { allOf, at, listAt, named, one, render, type Values } from './support/chart.ts'
import { external } from './support/values.ts'

const deployment = (values: Values = external) => one(render(values), 'Deployment')
const podSpec = (values: Values = external) => at(deployment(values), 'spec.template.spec')
const relay = (values: Values = external) => named(podSpec(values), 'containers', 'relay')
const settings = (values: Values = external) =>
  one(render(values), 'ConfigMap', 'sluice').data as Readonly<Record<string, string>>
const volume = (values: Values, name: string) => named(podSpec(values), 'volumes', name)

suite('an update', () => {
  test('takes no relay away before another one is ready', () => {
    assert.deepEqual(at(deployment(), 'spec.strategy'), {
      type: 'RollingUpdate',
      rollingUpdate: { maxUnavailable: 0, maxSurge: 1 },
    })
    assert.equal(at(deployment(), 'spec.minReadySeconds'), 10)
  })
  test('may add more relays at a time', () => {
    const values = { ...external, strategy: { maxSurge: '25%', minReadySeconds: 30 } }
    assert.equal(at(deployment(values), 'spec.strategy.rollingUpdate.maxSurge'), '25%')
    assert.equal(at(deployment(values), 'spec.minReadySeconds'), 30)
  })
  test('gives a relay the time that it drains for, and more', () => {
    assert.equal(at(podSpec(), 'terminationGracePeriodSeconds'), 10 + 60 + 15)
    assert.equal(settings().SLUICE_DRAIN_SECONDS, '60')
    assert.equal(settings().SLUICE_DRAIN_DELAY_SECONDS, '10')
    const values = { ...external, drain: { delaySeconds: 30, seconds: 600 } }
    assert.equal(at(podSpec(values), 'terminationGracePeriodSeconds'), 645)
    assert.equal(settings(values).SLUICE_DRAIN_SECONDS, '600')
    assert.equal(settings(values).SLUICE_DRAIN_DELAY_SECONDS, '30')
    assert.equal(at(deployment(values), 'spec.progressDeadlineSeconds'), 1245)
  })
  test('follows a change of the settings', () => {
    const sumOf = (values: Values) =>
      (at(deployment(values), 'spec.template.metadata.annotations') as Record<string, string>)[
        'checksum/config'
      ]
    const changed = { ...external, config: { SLUICE_QUEUE_QUOTA: 64 } }
    assert.match(sumOf(external) ?? '', /^[0-9a-f]{64}$/)
    assert.notEqual(sumOf(changed), sumOf(external))
    assert.equal(sumOf({ ...external, replicaCount: 7 }), sumOf(external))
  })
  test('with queues in memory ends the old relay first', () => {
    const values = { inMemory: true, replicaCount: 1 }
    assert.deepEqual(at(deployment(values), 'spec.strategy'), { type: 'Recreate' })
  })
})

suite('a relay', () => {
  test('is started by Node itself, of the version of the chart', () => {
    assert.equal(at(relay(), 'image'), 'sluice:0.1.0')
    assert.deepEqual(at(relay(), 'args'), ['start'])
    assert.equal(at(relay(), 'command'), undefined)
    assert.equal(at(relay(), 'lifecycle'), undefined)
  })
  for (const [image, reference] of [
    [{ tag: '1.2.3' }, 'sluice:1.2.3'],
    [{ registry: 'registry.example.org/', repository: 'a/b' }, 'registry.example.org/a/b:0.1.0'],
    [{ tag: 'x', digest: `sha256:${'0'.repeat(64)}` }, `sluice@sha256:${'0'.repeat(64)}`],
  ] as const)
    test(`is of the image ${reference}`, () => {
      assert.equal(at(relay({ ...external, image }), 'image'), reference)
    })
  test('has a probe of its own for each question', () => {
    for (const [probe, path] of [
      ['startupProbe', '/startupz'],
      ['readinessProbe', '/readyz'],
      ['livenessProbe', '/livez'],
    ])
      assert.deepEqual(at(relay(), `${probe}.httpGet`), { path, port: 'ops' })
  })
  test('has probes that can be changed', () => {
    const values = { ...external, probes: { liveness: { periodSeconds: 33 } } }
    assert.equal(at(relay(values), 'livenessProbe.periodSeconds'), 33)
    assert.equal(at(relay(values), 'livenessProbe.failureThreshold'), 6)
    assert.deepEqual(at(relay(values), 'livenessProbe.httpGet'), { path: '/livez', port: 'ops' })
  })
  test('says why it did not start', () => {
    assert.equal(at(relay(), 'terminationMessagePolicy'), 'FallbackToLogsOnError')
  })
  test('listens on the ports that are named', () => {
    const ports = (values: Values) =>
      Object.fromEntries(
        listAt(relay(values), 'ports').map((port) => [at(port, 'name'), at(port, 'containerPort')]),
      )
    assert.deepEqual(ports(external), { smp: 5223, ops: 9090 })
    const values = { ...external, metrics: { port: 9999 }, web: { plain: { enabled: true } } }
    assert.deepEqual(ports(values), { smp: 5223, ops: 9999, web: 8080 })
    assert.equal(settings(values).SLUICE_OPS_PORT, '9999')
    assert.equal(settings(values).SLUICE_WS_PORT, '8080')
    assert.equal(settings(external).SLUICE_WS_PORT, undefined)
  })
})

suite('settings', () => {
  test('name the hosts, or the Service', () => {
    const values = { ...external, hosts: ['a.example.org', 'b.example.org'] }
    assert.equal(settings(values).SLUICE_HOST, 'a.example.org,b.example.org')
    assert.equal(settings({}).SLUICE_HOST, 'sluice.smp.svc')
  })
  test('are taken by their names, as texts', () => {
    const config = {
      SLUICE_DURABILITY: 'fsync',
      SLUICE_MESSAGE_TTL_SECONDS: 315360000,
      SLUICE_PROXY: false,
    }
    const given = settings({ ...external, config })
    assert.equal(given.SLUICE_DURABILITY, 'fsync')
    assert.equal(given.SLUICE_MESSAGE_TTL_SECONDS, '315360000')
    assert.equal(given.SLUICE_PROXY, 'false')
  })
  test('that are live are in a file, of which pods do not depend', () => {
    const live = (value: unknown) => ({ ...external, liveConfig: { SLUICE_QUEUE_QUOTA: value } })
    const file = one(render(live(64)), 'ConfigMap', 'sluice-live').data
    assert.deepEqual(file, { 'sluice.env': "SLUICE_QUEUE_QUOTA='64'\n" })
    assert.equal(settings(live(64)).SLUICE_CONFIG, '/settings/sluice.env')
    assert.deepEqual(at(volume(live(64), 'settings'), 'configMap'), { name: 'sluice-live' })
    assert.ok(named(relay(live(64)), 'volumeMounts', 'settings'))
    assert.deepEqual(deployment(live(64)), deployment(live(128)))
    assert.equal(settings().SLUICE_CONFIG, undefined)
  })
  test('reach the relay', () => {
    assert.deepEqual(listAt(relay(), 'envFrom'), [{ configMapRef: { name: 'sluice' } }])
  })

  for (const [what, values, folder, secret, setting, path] of [
    ['the cluster key', {}, 'cluster', 'my-key', 'SLUICE_CLUSTER_KEY_FILE', 'cluster-key'],
    [
      'the password for queues',
      { createPassword: { existingSecret: 'create', key: 'word' } },
      'create',
      'create',
      'SLUICE_CREATE_PASSWORD_FILE',
      'word',
    ],
    [
      'the web certificate',
      { web: { certificate: { existingSecret: 'web' } } },
      'web',
      'web',
      'SLUICE_WEB_CERT',
      'tls.crt',
    ],
    [
      'the certificate of cert-manager',
      { web: { certificate: { certManager: { enabled: true, issuerRef: { name: 'ca' } } } } },
      'web',
      'sluice-web',
      'SLUICE_WEB_KEY',
      'tls.key',
    ],
    [
      'the token of the admin API',
      { admin: { enabled: true, existingSecret: 'admin', key: 'token' } },
      'admin',
      'admin',
      'SLUICE_ADMIN_TOKEN_FILE',
      'token',
    ],
  ] as const)
    test(`name the file of ${what}, which is mounted from a Secret`, () => {
      const all = { ...external, ...values }
      assert.equal(settings(all)[setting], `/secrets/${folder}/${path}`)
      assert.deepEqual(at(volume(all, `secret-${folder}`), 'secret'), {
        secretName: secret,
        defaultMode: 0o440,
      })
      assert.deepEqual(named(relay(all), 'volumeMounts', `secret-${folder}`), {
        name: `secret-${folder}`,
        mountPath: `/secrets/${folder}`,
        readOnly: true,
      })
    })
  test('keep the admin API on loopback', () => {
    const given = settings({ ...external, admin: { enabled: true, existingSecret: 'admin' } })
    assert.equal(given.SLUICE_ADMIN_PORT, '9091')
    assert.equal(given.SLUICE_ADMIN_BIND, undefined)
    assert.equal(settings().SLUICE_ADMIN_PORT, undefined)
  })
  test('trust the PROXY headers of the balancer only', () => {
    const values = { ...external, proxyProtocol: { enabled: true, from: ['10.0.0.0/8', '::1'] } }
    assert.equal(settings(values).SLUICE_PROXY_PROTOCOL_FROM, '10.0.0.0/8,::1')
    assert.equal(settings().SLUICE_PROXY_PROTOCOL_FROM, undefined)
  })
})

suite('places', () => {
  const selector = { matchLabels: at(deployment(), 'spec.selector.matchLabels') }

  test('are spread over zones and nodes', () => {
    const constraints = listAt(podSpec(), 'topologySpreadConstraints')
    assert.deepEqual(
      constraints.map((constraint) => at(constraint, 'topologyKey')),
      ['topology.kubernetes.io/zone', 'kubernetes.io/hostname'],
    )
    for (const constraint of constraints) {
      assert.deepEqual(at(constraint, 'labelSelector'), selector)
      assert.equal(at(constraint, 'whenUnsatisfiable'), 'ScheduleAnyway')
    }
  })
  test('are different nodes, if there are', () => {
    const rule = at(podSpec(), 'affinity.podAntiAffinity')
    const [soft] = listAt(rule, 'preferredDuringSchedulingIgnoredDuringExecution')
    assert.deepEqual(at(soft, 'podAffinityTerm.labelSelector'), selector)
    assert.equal(at(rule, 'requiredDuringSchedulingIgnoredDuringExecution'), undefined)
  })
  test('are different nodes in any case, but an update may start beside an old relay', () => {
    const rule = at(podSpec({ ...external, podAntiAffinity: 'hard' }), 'affinity.podAntiAffinity')
    const [hard] = listAt(rule, 'requiredDuringSchedulingIgnoredDuringExecution')
    assert.deepEqual(at(hard, 'labelSelector'), selector)
    assert.deepEqual(at(hard, 'matchLabelKeys'), ['pod-template-hash'])
  })
  test('may be any', () => {
    assert.equal(at(podSpec({ ...external, podAntiAffinity: 'none' }), 'affinity'), undefined)
  })
  for (const [field, value] of [
    ['nodeSelector', { pool: 'a' }],
    ['tolerations', [{ key: 'a', operator: 'Exists' }]],
    ['priorityClassName', 'high'],
    ['runtimeClassName', 'gvisor'],
    ['dnsConfig', { options: [{ name: 'ndots', value: '1' }] }],
    ['affinity', { nodeAffinity: {} }],
    ['topologySpreadConstraints', [{ topologyKey: 'rack', maxSkew: 2 }]],
    ['imagePullSecrets', [{ name: 'registry' }]],
  ] as const)
    test(`are as ${field} says`, () => {
      assert.deepEqual(at(podSpec({ ...external, [field]: value }), field), value)
    })
})

suite('what is added', () => {
  const added = {
    ...external,
    extraEnv: [{ name: 'NAME', value: '{{ .Release.Name }}' }],
    extraEnvFrom: [{ secretRef: { name: 'more' } }],
    extraVolumes: [{ name: 'more', emptyDir: {} }],
    extraVolumeMounts: [{ name: 'more', mountPath: '/more' }],
    initContainers: [{ name: 'first', image: 'first' }],
    extraContainers: [{ name: 'tor', image: 'tor' }],
    podLabels: { colour: 'blue' },
    podAnnotations: { note: 'pod' },
  }
  test('is in the pod', () => {
    assert.equal(at(named(relay(added), 'env', 'NAME'), 'value'), 'sluice')
    assert.deepEqual(listAt(relay(added), 'envFrom')[1], { secretRef: { name: 'more' } })
    assert.ok(volume(added, 'more'))
    assert.ok(named(relay(added), 'volumeMounts', 'more'))
    assert.deepEqual(listAt(podSpec(added), 'initContainers'), added.initContainers)
    assert.deepEqual(named(podSpec(added), 'containers', 'tor'), added.extraContainers[0])
    assert.equal(at(deployment(added), 'spec.template.metadata.labels.colour'), 'blue')
    assert.equal(at(deployment(added), 'spec.template.metadata.annotations.note'), 'pod')
  })
  test('may be objects, as maps and as texts', () => {
    const objects = [
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: '{{ .Release.Name }}-a' } },
      'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: {{ include "sluice.fullname" . }}-b }',
    ]
    const names = allOf(render({ ...external, extraObjects: objects }), 'ConfigMap').map(
      ({ metadata }) => metadata.name,
    )
    assert.deepEqual(names.sort(), ['sluice', 'sluice-a', 'sluice-b'])
  })
  test('may be an account', () => {
    assert.equal(at(podSpec(), 'serviceAccountName'), 'sluice')
    const given = { ...external, serviceAccount: { create: false, name: 'mine' } }
    assert.equal(at(podSpec(given), 'serviceAccountName'), 'mine')
    assert.equal(allOf(render(given), 'ServiceAccount').length, 0)
    const named = { ...external, serviceAccount: { name: 'mine', annotations: { a: 'b' } } }
    const account = one(render(named), 'ServiceAccount')
    assert.equal(account.metadata.name, 'mine')
    assert.deepEqual(account.metadata.annotations, { a: 'b' })
    assert.equal(account.automountServiceAccountToken, false)
  })
})
