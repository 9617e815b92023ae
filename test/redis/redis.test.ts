import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Redis } from 'ioredis'
import { parseRedisAddress } from '../../src/store/redis/address.ts'
import { ask } from '../support/redis/ask.ts'
import { findLauncher } from '../support/redis/launcher.ts'
import { serverArgs } from '../support/redis/server.ts'
import { until } from '../support/redis/until.ts'
import { type RedisServer, redisUrl, startRedis } from '../support/redis.ts'

const directoryOf = (args: readonly string[]): string => args[args.indexOf('--dir') + 1] ?? ''

/** Servers and guards: both have the directory in their command lines. */
const processesOf = (directory: string): readonly string[] =>
  execFileSync('ps', ['-A', '-o', 'pid=,stat=,args='], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes(directory))

const isGone = (directory: string): boolean =>
  processesOf(directory).length === 0 && !existsSync(directory)

const ping = (server: Pick<RedisServer, 'port'>) => ask(server, (redis) => redis.ping())

const config = (server: RedisServer, name: string) =>
  ask(server, async (redis) =>
    Object.values((await redis.call('CONFIG', 'GET', name)) ?? []).at(-1),
  )

test('a server of its own, on loopback, that keeps everything in memory and evicts nothing', async () => {
  await using server = await startRedis({ args: ['--maxmemory', '64mb'] })
  assert.deepEqual(parseRedisAddress(server.url).nodes, [{ host: '127.0.0.1', port: server.port }])
  const expected = { bind: '127.0.0.1', save: '', appendonly: 'no', maxmemory: '67108864' }
  for (const [name, value] of Object.entries({ ...expected, 'maxmemory-policy': 'noeviction' }))
    assert.equal(await config(server, name), value, name)
})

test('stop leaves no process and no file, and can be asked twice', async () => {
  const server = await startRedis()
  const directory = directoryOf(server.args)
  assert.ok(processesOf(directory).length >= 1)
  await server.stop()
  await until('all is gone', () => isGone(directory))
  await assert.rejects(ping(server))
  await server.stop()
})

test('it is killed and comes back on its port, with what it wrote to disk', async () => {
  await using server = await startRedis({ args: ['--appendonly', 'yes'] })
  for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
    await ask(server, (redis) => redis.incr('count'))
    await server.kill(signal)
    await assert.rejects(ping(server))
    await server.restart()
  }
  await server.restart()
  assert.equal(await ask(server, (redis) => redis.get('count')), '2')
})

test('while it is paused it answers nothing, and it goes on', async () => {
  await using server = await startRedis()
  const redis = new Redis({ port: server.port, commandTimeout: 100 })
  await redis.ping()
  await server.pause()
  await assert.rejects(redis.ping(), /timed out/)
  await server.resume()
  assert.equal(await ping(server), 'PONG')
  redis.disconnect()
})

test('a paused server is stopped and restarted like any other', async () => {
  await using server = await startRedis()
  await server.pause()
  await server.restart()
  assert.equal(await ping(server), 'PONG')
  await server.pause()
  const directory = directoryOf(server.args)
  await server.stop()
  await until('all is gone', () => isGone(directory))
})

test('one that ended by itself is restarted and stopped too', async () => {
  await using server = await startRedis()
  await ask(server, (redis) => redis.shutdown('NOSAVE')).catch(() => {})
  await server.restart()
  assert.equal(await ping(server), 'PONG')
  await ask(server, (redis) => redis.shutdown('NOSAVE')).catch(() => {})
})

test('a server that cannot start says why', async () => {
  await assert.rejects(startRedis({ args: ['--no-such-option', 'x'] }), /no-such-option/)
})

test('a port that somebody has is told from other failures: the next one is tried', async (t) => {
  await using server = await startRedis()
  const directory = await mkdtemp(join(tmpdir(), 'sluice-redis-'))
  t.after(() => rm(directory, { recursive: true }))
  const launch = await findLauncher()
  await assert.rejects(launch(serverArgs({ port: server.port, directory }), directory), {
    name: 'LaunchError',
    isPortTaken: true,
  })
})

const module = fileURLToPath(new URL('../support/redis.ts', import.meta.url))

/** A process that starts a server, prints its arguments, and then does what `ending` says. */
const runOther = async (ending: string) => {
  const source = `
    const { startRedis } = await import(${JSON.stringify(module)})
    const server = await startRedis()
    console.log(JSON.stringify(server.args))
    ${ending}`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', source], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  for await (const line of createInterface(child.stdout))
    return { child, exited, directory: directoryOf(JSON.parse(line)) }
  return assert.fail('it started no server')
}

test('the server of a process that is killed by SIGKILL goes with it, paused or not', async () => {
  const other = await runOther('await server.pause(); setInterval(() => {}, 1000)')
  assert.ok(processesOf(other.directory).length >= 1)
  other.child.kill('SIGKILL')
  assert.deepEqual(await other.exited, [null, 'SIGKILL'])
  await until('all is gone', () => isGone(other.directory))
})

test('a process that forgets its server ends, and the server with it', async () => {
  const other = await runOther('')
  assert.deepEqual(await other.exited, [0, null])
  await until('all is gone', () => isGone(other.directory))
})

test('the shared Redis has a prefix for this file, and for what the test names', async () => {
  const address = parseRedisAddress(await redisUrl())
  const named = parseRedisAddress(await redisUrl('a-b?:'))
  assert.ok(address.prefix.length >= 12)
  assert.equal(named.prefix, `${address.prefix}a-b?:`)
  assert.equal(await redisUrl('x'), await redisUrl('x'))
  if (address.kind === 'standalone') assert.equal(await ping(address.nodes[0]), 'PONG')
})
