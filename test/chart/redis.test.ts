/** Addresses of Redis, and the Valkey of a trial. */
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { parseRedisAddress } from '../../src/store/redis/address.ts'
import { allOf, at, listAt, named, one, render, type Values } from './support/chart.ts'
import { external } from './support/values.ts'

const relay = (values: Values) =>
  named(one(render(values), 'Deployment'), 'spec.template.spec.containers', 'relay')
const urlOf = (redis: object): unknown =>
  at(named(relay({ ...external, redis }), 'env', 'SLUICE_REDIS_URL'), 'value')
const settings = (values: Values) =>
  one(render(values), 'ConfigMap', 'sluice').data as Readonly<Record<string, string>>

suite('the address of Redis', () => {
  const password = { existingSecret: 'redis' }
  for (const [redis, url] of [
    [{ hosts: ['redis'] }, 'redis://redis'],
    [{ hosts: ['redis:6380'], database: 0 }, 'redis://redis:6380/0'],
    [{ hosts: ['redis'], tls: { enabled: true } }, 'rediss://redis'],
    [{ hosts: ['redis'], password }, 'redis://:$(REDIS_PASSWORD)@redis'],
    [{ hosts: ['redis'], password, username: 'a b' }, 'redis://a%20b:$(REDIS_PASSWORD)@redis'],
    [{ hosts: ['redis'], database: 3, prefix: 'relay-a:' }, 'redis://redis/3?prefix=relay-a%3A'],
    [{ hosts: ['a', 'b:6380'], topology: 'cluster' }, 'redis+cluster://a,b:6380'],
    [
      { hosts: ['a', 'b'], topology: 'cluster', tls: { enabled: true }, password },
      'rediss+cluster://:$(REDIS_PASSWORD)@a,b',
    ],
    [
      { hosts: ['a', 'b'], topology: 'sentinel', sentinelPrimary: 'primary' },
      'redis+sentinel://a,b/primary',
    ],
    [{ hosts: ['[2001:db8::1]:6379'] }, 'redis://[2001:db8::1]:6379'],
  ] as const)
    test(`is ${url}`, () => {
      assert.equal(urlOf(redis), url)
      // as the relay reads it
      assert.ok(parseRedisAddress(url.replace('$(REDIS_PASSWORD)', 'secret')))
    })

  test('has its password from a Secret, before it is put in', () => {
    const variables = listAt(
      relay({
        ...external,
        redis: { hosts: ['redis'], password: { existingSecret: 'r', key: 'p' } },
      }),
      'env',
    )
    assert.deepEqual(variables.slice(0, 2), [
      { name: 'REDIS_PASSWORD', valueFrom: { secretKeyRef: { name: 'r', key: 'p' } } },
      { name: 'SLUICE_REDIS_URL', value: 'redis://:$(REDIS_PASSWORD)@redis' },
    ])
  })
  test('may be a Secret as a whole', () => {
    const values = { ...external, redis: { existingSecret: 'redis', key: 'url' } }
    assert.equal(named(relay(values), 'env', 'SLUICE_REDIS_URL'), undefined)
    assert.equal(settings(values).SLUICE_REDIS_URL_FILE, '/secrets/redis/url')
    assert.ok(named(relay(values), 'volumeMounts', 'secret-redis'))
  })
  test('may come with an authority and a password of sentinels', () => {
    const redis = {
      topology: 'sentinel',
      hosts: ['a'],
      sentinelPrimary: 'p',
      sentinelPassword: { existingSecret: 's', key: 'word' },
      tls: { enabled: true, ca: { existingSecret: 'c' } },
    }
    const values = { ...external, redis }
    assert.equal(settings(values).SLUICE_REDIS_SENTINEL_PASSWORD_FILE, '/secrets/sentinel/word')
    assert.equal(settings(values).SLUICE_REDIS_CA, '/secrets/redis-ca/ca.crt')
    for (const folder of ['sentinel', 'redis-ca'])
      assert.ok(named(relay(values), 'volumeMounts', `secret-${folder}`), folder)
  })
  test('is not there with queues in memory', () => {
    const values = { inMemory: true, replicaCount: 1 }
    assert.equal(named(relay(values), 'env', 'SLUICE_REDIS_URL'), undefined)
    assert.equal(settings(values).SLUICE_CLUSTER_KEY_FILE, undefined)
    assert.equal(allOf(render(values), 'StatefulSet').length, 0)
  })
})

suite('the Valkey of a trial', () => {
  const manifests = render({})
  const server = one(manifests, 'StatefulSet')
  const container = named(server, 'spec.template.spec.containers', 'valkey')
  const config = one(manifests, 'ConfigMap', 'sluice-valkey').data as Record<string, string>

  test('is where the relays go', () => {
    assert.equal(
      at(named(relay({}), 'env', 'SLUICE_REDIS_URL'), 'value'),
      'redis://:$(REDIS_PASSWORD)@sluice-valkey:6379',
    )
    assert.deepEqual(at(one(manifests, 'Service', 'sluice-valkey'), 'spec.selector'), {
      'app.kubernetes.io/name': 'sluice',
      'app.kubernetes.io/instance': 'sluice',
      'app.kubernetes.io/component': 'valkey',
      'statefulset.kubernetes.io/pod-name': 'sluice-valkey-0',
    })
  })
  test('is a primary with a replica, each with a disk that stays', () => {
    assert.equal(at(server, 'spec.replicas'), 2)
    assert.equal(at(server, 'spec.persistentVolumeClaimRetentionPolicy.whenDeleted'), 'Retain')
    const [claim] = listAt(server, 'spec.volumeClaimTemplates')
    assert.equal(at(claim, 'spec.resources.requests.storage'), '2Gi')
    const own = { persistence: { storageClass: 'fast', size: '9Gi' }, replicas: 2 }
    const given = one(render({ valkey: own }), 'StatefulSet')
    assert.equal(at(listAt(given, 'spec.volumeClaimTemplates')[0], 'spec.storageClassName'), 'fast')
    assert.equal(at(given, 'spec.replicas'), 3)
  })
  test('may be without a disk', () => {
    const given = one(render({ valkey: { persistence: { enabled: false } } }), 'StatefulSet')
    assert.equal(at(given, 'spec.volumeClaimTemplates'), undefined)
    assert.deepEqual(at(named(given, 'spec.template.spec.volumes', 'data'), 'emptyDir'), {})
  })
  test('throws no queue away', () => {
    assert.match(config['valkey.conf'] ?? '', /^maxmemory-policy noeviction$/m)
    assert.match(config['valkey.conf'] ?? '', /^appendonly yes$/m)
    assert.match(config['valkey.conf'] ?? '', /^maxmemory 512mb$/m)
  })
  test('has a password that is made once, or given', () => {
    const secretOf = (values: Values) =>
      at(
        named(
          named(one(render(values), 'StatefulSet'), 'spec.template.spec.containers', 'valkey'),
          'env',
          'REDIS_PASSWORD',
        ),
        'valueFrom.secretKeyRef',
      )
    assert.deepEqual(secretOf({}), { name: 'sluice-valkey', key: 'redis-password' })
    const given = { valkey: { existingSecret: 'mine' } }
    assert.deepEqual(secretOf(given), { name: 'mine', key: 'redis-password' })
    assert.doesNotMatch(JSON.stringify(one(render(given), 'Job')), /--redis-password/)
    assert.doesNotMatch(config['start.sh'] ?? '', /--requirepass/)
  })
  test('is alive as long as it listens, and ready when it answers', () => {
    assert.deepEqual(at(container, 'livenessProbe.tcpSocket'), { port: 'valkey' })
    assert.deepEqual(at(container, 'readinessProbe.exec.command'), ['sh', '/etc/valkey/ready.sh'])
  })
  test('says what it is for', () => {
    for (const { kind, metadata } of manifests.filter(({ metadata }) =>
      metadata.name.startsWith('sluice-valkey'),
    ))
      if (kind !== 'NetworkPolicy')
        assert.equal(metadata.annotations?.['sluice/for'], 'trials: no failover', kind)
  })
  test('is not there with a Redis of one’s own', () => {
    assert.equal(allOf(render(external), 'StatefulSet').length, 0)
    assert.doesNotMatch(JSON.stringify(render(external)), /valkey/)
  })
})

suite('the Job of a trial', () => {
  const argsOf = (values: Values) =>
    listAt(one(render(values), 'Job'), 'spec.template.spec.containers.0.args')
  test('makes what is not given', () => {
    assert.deepEqual(argsOf({}), [
      '--identity=sluice-identity',
      '--authority=sluice-authority',
      '--cluster-key=sluice-cluster-key',
      '--redis-password=sluice-valkey',
    ])
    assert.deepEqual(argsOf({ identity: { existingSecret: 'mine' } }), [
      '--cluster-key=sluice-cluster-key',
      '--redis-password=sluice-valkey',
    ])
    assert.deepEqual(argsOf({ inMemory: true, replicaCount: 1 }), [
      '--identity=sluice-identity',
      '--authority=sluice-authority',
    ])
    const given = { ...external, clusterKey: { existingSecret: '' } }
    assert.deepEqual(argsOf(given), ['--cluster-key=sluice-cluster-key'])
  })
  test('runs before relays start, after its rights are there, and is gone then', () => {
    const manifests = render({})
    const hook = (kind: string) => one(manifests, kind, 'sluice-secrets').metadata.annotations ?? {}
    for (const kind of ['ServiceAccount', 'Role', 'RoleBinding', 'ConfigMap', 'Job']) {
      assert.equal(hook(kind)['helm.sh/hook'], 'pre-install,pre-upgrade', kind)
      const policy = 'before-hook-creation,hook-succeeded'
      assert.equal(hook(kind)['helm.sh/hook-delete-policy'], policy, kind)
      assert.equal(hook(kind)['helm.sh/hook-weight'], kind === 'Job' ? '0' : '-10', kind)
    }
  })
  test('writes to memory only', () => {
    const work = named(one(render({}), 'Job'), 'spec.template.spec.volumes', 'work')
    assert.equal(at(work, 'emptyDir.medium'), 'Memory')
  })
})
