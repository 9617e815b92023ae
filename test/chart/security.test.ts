/** What every pod of every rendering must and must not be allowed. */
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { allOf, at, listAt, type Manifest, named, one, render } from './support/chart.ts'
import { external, matrix } from './support/values.ts'

const podSpecs = (manifests: readonly Manifest[]): readonly (readonly [string, unknown])[] =>
  manifests.flatMap((manifest) => {
    const { kind, metadata } = manifest
    const spec = kind === 'Pod' ? manifest.spec : at(manifest, 'spec.template.spec')
    return ['Deployment', 'StatefulSet', 'Job', 'Pod'].includes(kind)
      ? [[`${kind} ${metadata.name}`, spec] as const]
      : []
  })

for (const [name, values] of Object.entries(matrix))
  suite(`pods of ${name}`, () => {
    const manifests = render(values)
    for (const [pod, spec] of podSpecs(manifests)) {
      test(`${pod}: the pod is restricted`, () => {
        const security = at(spec, 'securityContext')
        assert.equal(at(security, 'runAsNonRoot'), true)
        assert.ok(Number(at(security, 'runAsUser')) > 0)
        assert.ok(Number(at(security, 'runAsGroup')) > 0)
        assert.equal(at(security, 'seccompProfile.type'), 'RuntimeDefault')
        assert.equal(at(spec, 'enableServiceLinks'), false)
        for (const field of ['hostNetwork', 'hostPID', 'hostIPC', 'shareProcessNamespace'])
          assert.equal(at(spec, field), undefined, field)
        for (const volume of listAt(spec, 'volumes'))
          assert.equal(at(volume, 'hostPath'), undefined)
      })
      test(`${pod}: its containers are restricted`, () => {
        const containers = listAt(spec, 'containers')
        assert.ok(containers.length > 0)
        for (const container of containers) {
          assert.deepEqual(at(container, 'securityContext'), {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            privileged: false,
            capabilities: { drop: ['ALL'] },
          })
          assert.ok(at(container, 'resources.requests.cpu'))
          assert.ok(at(container, 'resources.limits.memory'))
          for (const port of listAt(container, 'ports')) {
            assert.equal(at(port, 'hostPort'), undefined)
            assert.ok(Number(at(port, 'containerPort')) >= 1024)
          }
        }
      })
      test(`${pod}: only the Job that makes secrets has a token`, () => {
        const isMaker = pod.startsWith('Job ')
        assert.equal(at(spec, 'automountServiceAccountToken'), isMaker)
      })
    }

    test('only that Job is given rights, and few', () => {
      assert.equal(allOf(manifests, 'ClusterRole').length, 0)
      const roles = allOf(manifests, 'Role')
      assert.equal(roles.length, allOf(manifests, 'Job').length)
      for (const role of roles)
        assert.deepEqual(role.rules, [
          { apiGroups: [''], resources: ['secrets'], verbs: ['create'] },
          {
            apiGroups: [''],
            resources: ['secrets'],
            resourceNames: ['sluice-authority'],
            verbs: ['get'],
          },
        ])
      for (const binding of allOf(manifests, 'RoleBinding'))
        assert.deepEqual(listAt(binding, 'subjects'), [
          { kind: 'ServiceAccount', name: 'sluice-secrets', namespace: 'smp' },
        ])
    })

    test('nothing that is rendered is a secret', () => {
      assert.equal(allOf(manifests, 'Secret').length, 0)
      const variables = listAt(one(manifests, 'Deployment'), 'spec.template.spec.containers.0.env')
      const password = variables.find((variable) => at(variable, 'name') === 'REDIS_PASSWORD')
      assert.equal(at(password, 'value'), undefined)
    })
  })

suite('the key of the authority', () => {
  const volumeOf = (values: object) =>
    named(one(render({ ...values }), 'Deployment'), 'spec.template.spec.volumes', 'identity')

  for (const [what, values, secret] of [
    ['of a trial', {}, 'sluice-identity'],
    ['of one’s own', external, 'my-identity'],
  ] as const)
    test(`${what} is never mounted, whatever the Secret holds`, () => {
      assert.deepEqual(at(volumeOf(values), 'secret'), {
        secretName: secret,
        defaultMode: 0o440,
        items: ['ca.crt', 'server.crt', 'server.key'].map((key) => ({ key, path: key })),
      })
    })

  test('is in no pod but that of the Job', () => {
    for (const manifest of render({}))
      if (!['Job', 'Role', 'ConfigMap'].includes(manifest.kind))
        assert.doesNotMatch(JSON.stringify(manifest), /authority|ca\.key/, manifest.kind)
  })
})
