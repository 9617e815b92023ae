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
    own: ['/b/redis-server', '/a/valkey-server', 'redis:8'],
  },
  {
    name: 'an empty address is none',
    env: { REDIS_URL: '' },
    files: ['/a/redis-server'],
    shared: ['/a/redis-server', 'redis:8'],
  },
  {
    name: 'programs in the order of the PATH, Redis before Valkey',
    files: ['/a/valkey-server', '/a/redis-server', '/b/redis-server'],
    shared: ['/a/redis-server', '/b/redis-server', '/a/valkey-server', 'redis:8'],
  },
  {
    name: 'nothing is installed where there is a program',
    files: everything,
    isRoot: true,
    shared: ['/b/redis-server', '/a/valkey-server', 'redis:8'],
  },
  { name: 'apt after Docker', files: ['/b/apt-get'], isRoot: true, shared: ['redis:8', 'apt'] },
  { name: 'apt for root only', files: ['/b/apt-get'], shared: ['redis:8'] },
  { name: 'no apt where there is none', isRoot: true, shared: ['redis:8'] },
  {
    name: 'a program that is chosen is the only one',
    env: { SLUICE_TEST_SERVER: '/c/redis-server' },
    files: everything,
    isRoot: true,
    shared: ['/c/redis-server'],
  },
  {
    name: 'so is an image',
    env: { SLUICE_TEST_SERVER: 'valkey/valkey:8' },
    files: everything,
    shared: ['valkey/valkey:8'],
  },
  {
    name: 'an address and a choice: each for what it is about',
    env: { REDIS_URL: 'redis://somewhere', SLUICE_TEST_SERVER: 'redis:7' },
    shared: ['redis://somewhere'],
    own: ['redis:7'],
  },
  { name: 'only the PATH counts', files: ['/c/redis-server', 'redis-server'], shared: ['redis:8'] },
  { name: 'without a PATH', env: { PATH: '' }, files: ['/redis-server'], shared: ['redis:8'] },
]

for (const { name, env = {}, files = [], isRoot = false, shared, own = shared } of cases) {
  test(name, () => {
    const machine = {
      env: { PATH: '/a:/b:', ...env },
      isRoot,
      isExecutable: (path: string) => files.includes(path),
    }
    const words = (sources: ReturnType<typeof redisSources>) =>
      sources.map((source) => {
        if (source.kind === 'url') return source.url
        if (source.kind === 'program') return source.path
        return source.kind === 'docker' ? source.image : source.kind
      })
    assert.deepEqual(words(redisSources(machine)), shared)
    assert.deepEqual(words(serverSources(machine)), own)
  })
}
