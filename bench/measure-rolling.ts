/** A rollout as Kubernetes does it: every pod replaced while clients send, receive and wait. */
import { setTimeout as delay } from 'node:timers/promises'
import { Audit } from '../test/support/audit.ts'
import { Balancer } from '../test/support/balancer.ts'
import { type Dials, dial, Load } from '../test/support/load.ts'
import { type Pod, Pods } from '../test/support/pods.ts'
import { until } from '../test/support/redis/until.ts'
import { RedisUnderTest } from './redis-under-test.ts'

export interface RollingOptions {
  /** Empty: a Redis of the bench's own. */
  readonly redisUrl: string
  /** Connections beside those of the load, which do nothing but come back. */
  readonly idle: number
  readonly queues: number
  readonly drainSeconds: number
}

export interface RollingFigures {
  readonly redis: string
  readonly pods: number
  readonly idle: number
  readonly drainSeconds: number
  readonly acknowledged: number
  readonly delivered: number
  readonly lost: number
  readonly outOfOrder: number
  /** Delivered twice, or to somebody else. */
  readonly wrong: number
  readonly unanswered: number
  readonly connections: Dials
  /** From SIGTERM to the end of the process, each pod. */
  readonly seconds: readonly number[]
  readonly exitCodes: readonly (number | null)[]
}

const PODS = 3
const DELAY_SECONDS = 1
const BEFORE = 20

/** Connections that come back as soon as they are lost. */
class Idlers implements AsyncDisposable {
  readonly dials: Dials = { tried: 0, failed: 0 }
  readonly #abort = new AbortController()
  readonly #all: readonly Promise<void>[]
  #present = 0

  constructor(balancer: Balancer, count: number) {
    this.#all = Array.from({ length: count }, () => this.#keep(balancer))
  }

  get present(): number {
    return this.#present
  }

  async #keep(balancer: Balancer): Promise<void> {
    const { signal } = this.#abort
    while (!signal.aborted)
      try {
        const connection = await dial(balancer, { first: 0, signal, dials: this.dials })
        this.#present += 1
        signal.addEventListener('abort', () => connection.close(), { once: true })
        await connection.closed
        this.#present -= 1
      } catch (error) {
        if (!signal.aborted) throw error
      }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort()
    await Promise.all(this.#all)
  }
}

const retire = async (pod: Pod, balancer: Balancer) => {
  const startedAt = performance.now()
  pod.signal('SIGTERM')
  // endpoints are removed while the pod still accepts
  await delay((DELAY_SECONDS * 1000) / 2)
  balancer.remove(pod)
  const code = await pod.exitCode()
  return { code, seconds: (performance.now() - startedAt) / 1000 }
}

const replaceAll = async (pods: Pods, balancer: Balancer, load: Load) => {
  const ends = []
  for (const old of pods.all) {
    await load.progress(BEFORE, 'with an old pod')
    balancer.add(await pods.add())
    ends.push(await retire(old, balancer))
  }
  await load.progress(BEFORE, 'with new pods')
  return ends
}

export const measureRolling = async (options: RollingOptions): Promise<RollingFigures> => {
  const { redisUrl, idle, queues, drainSeconds } = options
  await using redis = await RedisUnderTest.start(redisUrl)
  const env = {
    SLUICE_QUEUE_QUOTA: '100000',
    SLUICE_DRAIN_DELAY_SECONDS: `${DELAY_SECONDS}`,
    SLUICE_DRAIN_SECONDS: `${drainSeconds}`,
  }
  await using pods = await Pods.start({ url: redis.url, count: PODS, env })
  await using balancer = await Balancer.start(pods.all)
  await using idlers = new Idlers(balancer, idle)
  const audit = new Audit()
  await using load = await Load.start({ pods: balancer, audit, queues })
  await until('all are connected', () => idlers.present === idle)
  const ends = await replaceAll(pods, balancer, load)
  await until('all are connected again', () => idlers.present === idle)
  await load.finish()
  const dials = [audit.dials, idlers.dials]
  return {
    ...{ redis: await redis.version(), pods: PODS, idle, drainSeconds },
    acknowledged: audit.accepted.length,
    delivered: audit.sent.filter(({ isDelivered }) => isDelivered).length,
    lost: audit.missing.length,
    outOfOrder: audit.outOfOrder.length,
    wrong: audit.problems.length,
    unanswered: audit.sent.filter(({ outcome }) => outcome === 'unknown').length,
    connections: {
      tried: dials.reduce((sum, { tried }) => sum + tried, 0),
      failed: dials.reduce((sum, { failed }) => sum + failed, 0),
    },
    seconds: ends.map(({ seconds }) => seconds),
    exitCodes: ends.map(({ code }) => code),
  }
}
