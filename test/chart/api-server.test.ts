/** A real API server takes what is rendered, into a namespace with the strictest rules for pods. */
import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { until } from '../support/redis/until.ts'
import { type ApiServer, startApiServer } from './support/api-server.ts'
import { at, listAt, type Manifest, one, render } from './support/chart.ts'
import { definitions } from './support/tools.ts'
import { external, matrix } from './support/values.ts'

const namespace = (name: string): Manifest => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: {
    name,
    labels: {
      'pod-security.kubernetes.io/enforce': 'restricted',
      'pod-security.kubernetes.io/warn': 'restricted',
    },
  },
})

/** A controller would make it. */
const account = (name: string): Manifest => ({
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  metadata: { name: 'default', namespace: name },
})

/** The pod that a controller would make. */
const podOf = (workload: Manifest): Manifest => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'made', namespace: 'smp' },
  spec: at(workload, 'spec.template.spec'),
})

/** Definitions are served a moment after they are taken. */
const define = async (server: ApiServer): Promise<void> => {
  for (const definition of definitions()) await server.applied(definition)
  for (const definition of definitions())
    for (const version of listAt(definition, 'spec.versions')) {
      if (at(version, 'served') !== true) continue
      const base = `/apis/${at(definition, 'spec.group')}/${at(version, 'name')}`
      const path = `${base}/${at(definition, 'spec.names.plural')}`
      await until(`${path} is served`, async () => {
        const { status } = await server.call({ method: 'GET', path })
        return status === 200
      })
    }
}

suite('an API server', () => {
  let server: ApiServer

  before(async () => {
    server = await startApiServer()
    await define(server)
    for (const name of ['smp', 'upgrade']) {
      await server.applied(namespace(name))
      await server.applied(account(name))
    }
  })
  after(() => server[Symbol.asyncDispose]())

  for (const [name, values] of Object.entries(matrix))
    test(`takes ${name} without a warning`, async () => {
      const manifests = render(values)
      for (const account of manifests.filter(({ kind }) => kind === 'ServiceAccount'))
        await server.applied(account)
      for (const manifest of manifests) {
        const { warnings } = await server.applied(manifest, { dryRun: true })
        assert.deepEqual(warnings, [], `${manifest.kind} ${manifest.metadata.name}`)
      }
    })

  for (const [name, values] of Object.entries(matrix))
    test(`lets the pods of ${name} in`, async () => {
      const manifests = render(values)
      const workloads = manifests.filter(({ kind }) => /^(Deployment|StatefulSet|Job)$/.test(kind))
      assert.ok(workloads.length > 0)
      for (const workload of workloads) {
        const pod = podOf(workload)
        // a controller adds these volumes
        const claims = at(workload, 'spec.volumeClaimTemplates')
        const volumes = Array.isArray(claims)
          ? claims.map((claim) => ({ name: at(claim, 'metadata.name'), emptyDir: {} }))
          : []
        const spec = pod.spec as { volumes: readonly unknown[] }
        const whole = { ...pod, spec: { ...spec, volumes: [...spec.volumes, ...volumes] } }
        await server.applied(whole, { dryRun: true })
      }
    })

  test('would not let a pod in that may become root', async () => {
    const pod = podOf(one(render({}), 'Deployment'))
    const spec = pod.spec as Record<string, unknown>
    const { status, body } = await server.apply(
      { ...pod, spec: { ...spec, securityContext: { runAsUser: 0 } } },
      { dryRun: true },
    )
    assert.equal(status, 403)
    assert.match(String(at(body, 'message')), /violates PodSecurity "restricted/)
  })

  test('would not take a field that is not there', async () => {
    const deployment = one(render({}), 'Deployment')
    const spec = deployment.spec as Record<string, unknown>
    const { body } = await server.apply({ ...deployment, spec: { ...spec, replicaz: 3 } })
    assert.match(String(at(body, 'message')), /replicaz: field not declared/)
  })

  test('takes other values in place of the first ones', async () => {
    const options = { namespace: 'upgrade' }
    const kinds = ['Deployment', 'Service', 'StatefulSet', 'PodDisruptionBudget', 'NetworkPolicy']
    const changed = {
      commonLabels: { team: 'other' },
      image: { tag: '9.9.9' },
      hosts: ['smp.example.org'],
      service: { ports: [443, 5223], externalTrafficPolicy: 'Cluster' },
      valkey: { replicas: 2, maxMemory: '1gb' },
      drain: { seconds: 120 },
      web: { plain: { enabled: true } },
    }
    for (const values of [{}, changed, { ...external, autoscaling: { enabled: true } }, {}])
      for (const manifest of render(values, options).filter(({ kind }) => kinds.includes(kind)))
        await server.applied(manifest)
  })
})
