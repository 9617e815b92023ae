import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { ask } from '../support/redis/ask.ts'
import { startRedis } from '../support/redis.ts'

const support = (name: string): string =>
  fileURLToPath(new URL(`../support/${name}`, import.meta.url))

const source = `
import { test } from 'node:test'
import { connect } from ${JSON.stringify(support('redis/connect.ts'))}
import { parseRedisAddress } from ${JSON.stringify(support('../../src/store/redis/address.ts'))}
import { redisUrl } from ${JSON.stringify(support('redis.ts'))}
test('writes', async () => {
  const url = await redisUrl()
  const address = parseRedisAddress(url)
  const client = connect(url)
  await client.set(address.prefix + 'key', 'value')
  console.log('shared=' + process.env.SLUICE_TEST_REDIS_URL + ' keys=' + address.prefix)
  client.disconnect()
})`

/** A run of two test files. */
const run = async (t: TestContext, env: Readonly<Record<string, string>>) => {
  const directory = await mkdtemp(join(tmpdir(), 'sluice-run-'))
  t.after(() => rm(directory, { recursive: true }))
  const files = ['a.test.mjs', 'b.test.mjs'].map((name) => join(directory, name))
  for (const file of files) await writeFile(file, source)
  const { NODE_TEST_CONTEXT: _context, SLUICE_TEST_REDIS_URL: _shared, ...inherited } = process.env
  const args = [`--test-global-setup=${support('global-setup.ts')}`, '--test-reporter=tap']
  return new Promise<{ code: unknown; stdout: string; stderr: string; directory: string }>(
    (resolve) =>
      execFile(
        process.execPath,
        ['--test', ...args, ...files],
        { env: { ...inherited, ...env } },
        (error, stdout, stderr) =>
          resolve({ code: error === null ? 0 : error.code, stdout, stderr, directory }),
      ),
  )
}

const words = (text: string, name: string): readonly string[] =>
  [...text.matchAll(new RegExp(`${name}=(\\S+)`, 'g'))].map(([, word = '']) => word)

test('the files of a run share one Redis, each under its own prefix, and it ends with the run', async (t) => {
  const { code, stdout, stderr } = await run(t, { REDIS_URL: '' })
  assert.equal(code, 0, stdout + stderr)
  const [first = '', second] = words(stdout, 'shared')
  assert.equal(second, first)
  assert.equal(new Set(words(stdout, 'keys')).size, 2)
  await assert.rejects(ask({ port: Number(new URL(first).port) }, (redis) => redis.ping()))
})

test('a Redis that was given keeps what it had, and nothing of the run', async (t) => {
  await using server = await startRedis()
  await ask(server, (redis) => redis.set('theirs:key', 'kept'))
  const { code, stdout, stderr } = await run(t, { REDIS_URL: `${server.url}?prefix=theirs:` })
  assert.equal(code, 0, stdout + stderr)
  for (const prefix of words(stdout, 'keys')) assert.match(prefix, /^theirs:sluice-test:/)
  assert.deepEqual(await ask(server, (redis) => redis.keys('*')), ['theirs:key'])
})

test('a given Redis that does not answer fails the run with one line, without the password', async (t) => {
  const server = await startRedis()
  await server.stop()
  const url = `redis://user:secret@127.0.0.1:${server.port}`
  const { code, stdout, stderr } = await run(t, { REDIS_URL: url })
  assert.equal(code, 1)
  assert.equal(stdout, '')
  assert.equal(stderr, `REDIS_URL is set, but no Redis answers at 127.0.0.1:${server.port}.\n`)
})

test('without any Redis the run fails with one line that says what to install', async (t) => {
  const bin = await mkdtemp(join(tmpdir(), 'sluice-bin-'))
  t.after(() => rm(bin, { recursive: true }))
  // too old to be used, and the only thing on the PATH: nothing is installed by this test
  await writeFile(join(bin, 'redis-server'), '#!/bin/sh\necho Redis server v=6.0.16\n', {
    mode: 0o755,
  })
  await symlink('/bin/sh', join(bin, 'sh'))
  const { code, stdout, stderr } = await run(t, {
    REDIS_URL: '',
    PATH: bin,
    HOME: bin,
    DOCKER_HOST: 'tcp://127.0.0.1:1',
  })
  assert.equal(code, 1)
  assert.equal(stdout, '')
  assert.match(
    stderr,
    /^No Redis 7 or Valkey 8 .*redis-server is version 6.*install redis-server.*\n$/,
  )
})
