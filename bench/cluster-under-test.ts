/** Several relays on one Redis, each in its own process, under one identity. */
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createIdentity } from '../src/identity/identity.ts'
import { type Measured, measureCpu, untilIdle } from './measured.ts'
import { RedisUnderTest } from './redis-under-test.ts'
import { RelayUnderTest } from './relay-under-test.ts'

export class ClusterUnderTest implements AsyncDisposable {
  readonly redis: RedisUnderTest
  readonly relays: readonly RelayUnderTest[]
  readonly #stack: AsyncDisposableStack

  private constructor(
    redis: RedisUnderTest,
    relays: readonly RelayUnderTest[],
    stack: AsyncDisposableStack,
  ) {
    this.redis = redis
    this.relays = relays
    this.#stack = stack
  }

  /** `redisUrl` empty: on a Redis of its own. With settings beside the defaults. */
  static async start(
    redisUrl: string,
    pods: number,
    settings: Readonly<Record<string, string>> = {},
  ): Promise<ClusterUnderTest> {
    await using stack = new AsyncDisposableStack()
    const redis = stack.use(await RedisUnderTest.start(redisUrl))
    const directory = await mkdtemp(join(tmpdir(), 'sluice-bench-'))
    stack.defer(() => rm(directory, { recursive: true }))
    await createIdentity({ directory, hosts: ['localhost'], algorithm: 'Ed25519' })
    const env = {
      SLUICE_REDIS_URL: redis.url,
      SLUICE_CLUSTER_KEY: randomBytes(32).toString('hex'),
      SLUICE_DATA_DIR: directory,
      ...settings,
    }
    const relays: RelayUnderTest[] = []
    for (let i = 0; i < pods; i++) relays.push(stack.use(await RelayUnderTest.start(env)))
    return new ClusterUnderTest(redis, relays, stack.move())
  }

  relay(index: number): RelayUnderTest {
    const relay = this.relays[index]
    if (relay === undefined) throw new RangeError(`no relay ${index}`)
    return relay
  }

  /** What `work` costs all relays together. */
  measure<T>(work: () => Promise<T>): Promise<Measured<T>> {
    return measureCpu(this.relays, work)
  }

  /** Resolves when the relays have done what they do behind their clients' backs. */
  idle(): Promise<void> {
    return untilIdle(this.relays)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync()
  }
}
