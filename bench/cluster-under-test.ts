/** Several relays on one Redis, each in its own process, under one identity. */
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { createIdentity } from '../src/identity/identity.ts'
import { type Measured, measureCpu } from './measured.ts'
import { RedisUnderTest } from './redis-under-test.ts'
import { RelayUnderTest } from './relay-under-test.ts'

const LOOK_MS = 200
const LOOKS = 300
/** Share of a core; each pod looks after its mailboxes every few seconds. */
const IDLE_CORES = 0.1

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

  /** `redisUrl` empty: on a Redis of its own. */
  static async start(redisUrl: string, pods: number): Promise<ClusterUnderTest> {
    await using stack = new AsyncDisposableStack()
    const redis = stack.use(await RedisUnderTest.start(redisUrl))
    const directory = await mkdtemp(join(tmpdir(), 'sluice-bench-'))
    stack.defer(() => rm(directory, { recursive: true }))
    await createIdentity({ directory, hosts: ['localhost'], algorithm: 'Ed25519' })
    const env = {
      SLUICE_REDIS_URL: redis.url,
      SLUICE_CLUSTER_KEY: randomBytes(32).toString('hex'),
      SLUICE_DATA_DIR: directory,
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
  async idle(): Promise<void> {
    for (let i = 0; i < LOOKS; i++) {
      const { cpu, seconds } = await this.measure(() => delay(LOOK_MS))
      if (cpu / seconds / 1e6 < IDLE_CORES) return
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync()
  }
}
