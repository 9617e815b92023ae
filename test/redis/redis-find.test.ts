import assert from 'node:assert/strict'
import { test } from 'node:test'
import { redisSources, serverSources } from '../support/redis/find.ts'

interface Case {
  readonly name: string
  readonly env?: Readonly<Record<string, string>>
  readonly files?: readonly string[]
  readonly isRoot?: boolean
  readonly shared: readonly string[]
  /** Where it is not the same. */
  readonly own?: readonly string[]
}

const everything = ['/a/valkey-server', '/b/redis-server', '/b/apt-get']

const cases: readonly Case[] = [
  {
    name: 'an address that is given comes first, and alone',
    env: { REDIS_URL: 'redis://somewhere' },
    files: everything,
    isRoot: true,
    shared: ['redis://somewhere'],
    own: ['/b/redis-server', '/a/valkey-server', 'docker'],
  },
  {
    name: 'an empty address is none',
    env: { REDIS_URL: '' },
    files: ['/a/redis-server'],
    shared: ['/a/redis-server', 'docker'],
  },
  {
    name: 'programs in the order of the PATH, Redis before Valkey',
    files: ['/a/valkey-server', '/a/redis-server', '/b/redis-server'],
    shared: ['/a/redis-server', '/b/redis-server', '/a/valkey-server', 'docker'],
  },
  {
    name: 'nothing is installed where there is a program',
    files: everything,
    isRoot: true,
    shared: ['/b/redis-server', '/a/valkey-server', 'docker'],
  },
  { name: 'apt after Docker', files: ['/b/apt-get'], isRoot: true, shared: ['docker', 'apt'] },
  { name: 'apt for root only', files: ['/b/apt-get'], shared: ['docker'] },
  { name: 'no apt where there is none', isRoot: true, shared: ['docker'] },
  { name: 'only the PATH counts', files: ['/c/redis-server', 'redis-server'], shared: ['docker'] },
  { name: 'without a PATH', env: { PATH: '' }, files: ['/redis-server'], shared: ['docker'] },
]

for (const { name, env = {}, files = [], isRoot = false, shared, own = shared } of cases) {
  test(name, () => {
    const machine = {
      env: { PATH: '/a:/b:', ...env },
      isRoot,
      isExecutable: (path: string) => files.includes(path),
    }
    const words = (sources: ReturnType<typeof redisSources>) =>
      sources.map((source) =>
        source.kind === 'url' ? source.url : source.kind === 'program' ? source.path : source.kind,
      )
    assert.deepEqual(words(redisSources(machine)), shared)
    assert.deepEqual(words(serverSources(machine)), own)
  })
}
