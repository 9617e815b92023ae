/** The Redis that the relays of a cluster share, as the bench sees it. */
import { setTimeout as delay } from 'node:timers/promises'
import { Cluster, type Redis } from 'ioredis'
import { parseRedisAddress } from '../src/store/redis/address.ts'
import { connect, type RedisClient } from '../test/support/redis/connect.ts'
import { thisMachine } from '../test/support/redis/find.ts'
import { shareRedis } from '../test/support/redis/shared.ts'
import { startRedis } from '../test/support/redis.ts'
import type { CpuClock } from './measured.ts'
import type { CpuUsage } from './processes/own-usage.ts'
import { cpuOf, usedMemoryOf, versionOf } from './redis-info.ts'

const READING_INTERVAL_MS = 500
const READINGS = 60
/** Bytes that two readings in a row may differ by. */
const SETTLED_BYTES = 2000

export class RedisUnderTest implements CpuClock, AsyncDisposable {
  readonly url: string
  readonly #client: RedisClient
  readonly #stop: () => Promise<void>

  private constructor(url: string, stop: () => Promise<void>) {
    this.url = url
    this.#stop = stop
    this.#client = connect(url)
  }

  /**
   * An own server where no address is given. On a given one every key has a prefix, which takes
   * memory too, and is removed at the end.
   * @throws NoRedis
   */
  static async start(given: string): Promise<RedisUnderTest> {
    const machine = { ...thisMachine(), env: { REDIS_URL: given } }
    const server = await (given === '' ? startRedis() : shareRedis(machine))
    return new RedisUnderTest(server.url, () => server.stop())
  }

  get prefixBytes(): number {
    return parseRedisAddress(this.url).prefix.length
  }

  async cpu(): Promise<CpuUsage> {
    const all = (await this.#info('cpu')).map(cpuOf)
    const sum = (field: keyof CpuUsage): number => all.reduce((so, usage) => so + usage[field], 0)
    return { user: sum('user'), system: sum('system') }
  }

  /** Bytes in use, when what work needed for a while has been freed. */
  async memory(): Promise<number> {
    let last = Number.NaN
    for (let i = 0; i < READINGS; i++) {
      const used = (await this.#info('memory')).map(usedMemoryOf).reduce((a, b) => a + b, 0)
      if (Math.abs(used - last) < SETTLED_BYTES) return used
      last = used
      await delay(READING_INTERVAL_MS)
    }
    return last
  }

  /** All names, without the prefix of a given Redis: it takes long where there are many. */
  async keys(): Promise<readonly string[]> {
    const { prefix } = parseRedisAddress(this.url)
    const nodes = this.#masters()
    const names: string[] = []
    for (const node of nodes)
      for await (const keys of node.scanStream({ match: `${prefix}*`, count: 1000 }))
        names.push(...keys.map((key: string) => key.slice(prefix.length)))
    return names
  }

  /** Seconds; negative where it never expires or is gone. */
  secondsLeft(key: string): Promise<number> {
    return this.#client.ttl(parseRedisAddress(this.url).prefix + key)
  }

  async version(): Promise<string> {
    const [info = ''] = await this.#info('server')
    return versionOf(info)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#client.disconnect()
    await this.#stop()
  }

  /** Of each server that has keys. */
  async #info(section: string): Promise<readonly string[]> {
    return Promise.all(this.#masters().map((node) => node.info(section)))
  }

  #masters(): readonly Redis[] {
    const client = this.#client
    return client instanceof Cluster ? client.nodes('master') : [client]
  }
}
