/** All that a Redis holds, keeps in files and logs, and a search for what must not be in it. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Redis } from 'ioredis'
import { newClusterKey } from '../../redis/store.ts'
import { type RedisServer, startRedis, withPrefix } from '../redis.ts'
import { ask } from './ask.ts'

/** Files as plain as can be; every command in the slow log. */
export const start = (): Promise<RedisServer> =>
  startRedis({
    args: [
      ...['--appendonly', 'yes', '--appendfsync', 'always', '--rdbcompression', 'no'],
      ...['--slowlog-log-slower-than', '0', '--slowlog-max-len', '1000000'],
    ],
  })

export const latin1 = (data: Uint8Array): string => Buffer.from(data).toString('latin1')

/** Arrays of arrays of Buffers as one text. */
const flat = (value: unknown): string => {
  if (Buffer.isBuffer(value)) return latin1(value)
  if (Array.isArray(value)) return value.map(flat).join('\n')
  return typeof value === 'object' && value !== null
    ? flat(Object.entries(value).flat())
    : `${value}`
}

const readers: Readonly<Record<string, (redis: Redis, key: string) => Promise<unknown>>> = {
  string: (redis, key) => redis.getBuffer(key),
  list: (redis, key) => redis.lrangeBuffer(key, 0, -1),
  hash: (redis, key) => redis.callBuffer('HGETALL', key),
  zset: (redis, key) => redis.callBuffer('ZRANGE', key, 0, -1, 'WITHSCORES'),
}

const allKeys = async (redis: Redis): Promise<readonly string[]> => {
  const keys: string[] = []
  for await (const some of redis.scanStream({ count: 1000 })) keys.push(...some)
  return keys
}

const readValue = async (redis: Redis, key: string): Promise<string> => {
  const type = await redis.type(key)
  const read = readers[type]
  assert.ok(read, `a kind of key that nobody knows of: ${type}`)
  return flat(await read(redis, key))
}

const filesIn = async (directory: string): Promise<string> => {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile())
  const names = files.map(({ name }) => name)
  assert.ok(names.includes('dump.rdb') && names.some((name) => name.endsWith('.incr.aof')))
  const read = files.map(({ parentPath, name }) => readFile(join(parentPath, name)))
  return (await Promise.all(read)).map(latin1).join('\n')
}

export interface Held {
  readonly keys: readonly string[]
  readonly values: ReadonlyMap<string, string>
  readonly everything: string
  /** Of the commands of pods, with the pods' own addresses. */
  readonly log: string
}

export const readAll = (server: RedisServer): Promise<Held> =>
  ask(server, async (redis) => {
    const keys = await allKeys(redis)
    const values = new Map<string, string>()
    const dumps: string[] = []
    for (const key of keys) {
      values.set(key, await readValue(redis, key))
      dumps.push(flat(await redis.dumpBuffer(key)))
    }
    await redis.save()
    const files = await filesIn(server.args[server.args.indexOf('--dir') + 1] ?? '')
    const everything = [...keys, ...values.values(), ...dumps, files].join('\n')
    return { keys, values, everything, log: flat(await redis.callBuffer('SLOWLOG', 'GET', '-1')) }
  })

/** As it may stand in base64 that begins 0, 1 or 2 bytes before, without what depends on others. */
const base64s = (data: Uint8Array): readonly string[] =>
  [0, 1, 2].flatMap((shift) => {
    const text = Buffer.concat([Buffer.alloc(shift), data])
      .toString('base64')
      .replace(/=+$/, '')
    const inner = text.slice(shift + (shift > 0 ? 1 : 0), -1)
    return [inner, inner.replaceAll('+', '-').replaceAll('/', '_')]
  })

/** In parts: records are kept in pieces. */
const tracesOf = (data: Uint8Array): readonly string[] => {
  const size = Math.min(data.length >> 1, 16)
  const parts = Array.from({ length: Math.floor(data.length / size) }, (_, i) =>
    data.subarray(i * size, (i + 1) * size),
  )
  return parts.flatMap((part) => {
    const hex = Buffer.from(part).toString('hex')
    return [latin1(part), hex, hex.toUpperCase(), ...base64s(part)]
  })
}

export type Secrets = Readonly<Record<string, Uint8Array>>

export const assertHidden = ({ everything, log }: Held, secrets: Secrets): void => {
  for (const [name, secret] of Object.entries(secrets)) {
    assert.ok(secret.length >= 16, `${name} is long enough to be found`)
    for (const trace of tracesOf(secret)) {
      assert.ok(!everything.includes(trace), `${name} is in Redis`)
      assert.ok(!log.includes(trace), `${name} was sent to Redis`)
    }
  }
}

export const place = (server: RedisServer, clusterKey = newClusterKey()) => {
  const prefix = `${randomBytes(6).toString('hex')}:`
  return { clusterKey, prefix, url: withPrefix(server.url, prefix) }
}
