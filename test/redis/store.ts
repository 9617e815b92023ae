import { randomBytes } from 'node:crypto'
import { openRedisStore } from '../../src/store/redis/open.ts'
import type { QueueStore } from '../../src/store/store.ts'
import type { StoreFactory } from '../store/cluster.ts'
import { redisUrl, withPrefix } from '../support/redis.ts'

const settings = { partitions: 256, durability: 'memory', identity: 'of the test' } as const

interface Place {
  readonly url: string
  /** PEM; the authorities that the certificate of a server may come from. */
  readonly ca?: string
  readonly clusterKey: Uint8Array
}

/** One that cannot be opened must not leave the others open: their connections outlive the tests. */
const allOrNone = async <Store extends QueueStore>(
  opening: readonly Promise<Store>[],
): Promise<readonly Store[]> => {
  try {
    return await Promise.all(opening)
  } catch (error) {
    for (const one of await Promise.allSettled(opening))
      if (one.status === 'fulfilled') await one.value.close()
    throw error
  }
}

/** A cluster at a place of its own or, when it is told so, at one where others are. */
const clusterAt = (choose: () => Promise<Place>): StoreFactory => ({
  isClustered: true,
  async start(pods) {
    const { clusterKey, ...server } = await choose()
    const clusterKeys = [clusterKey] as const
    const faults: unknown[] = []
    const onFault = (error: unknown): void => void faults.push(error)
    const open = pods.map((options) =>
      openRedisStore({ ...options, ...server, ...settings, clusterKeys, onFault }),
    )
    const stores = await allOrNone(open)
    return {
      stores,
      async close() {
        await Promise.all(stores.map((store) => store.close()))
        if (faults.length > 0) throw new AggregateError(faults, 'faults of the store')
      },
    }
  },
})

/** 32 bytes. */
export const newClusterKey = (): Uint8Array => new Uint8Array(randomBytes(32))

const newPrefix = (): string => randomBytes(6).toString('hex')

/** Each cluster under test has keys of its own, in the Redis of the test run. */
export const redis = clusterAt(async () => ({
  url: await redisUrl(newPrefix()),
  clusterKey: newClusterKey(),
}))

/** The same in a Redis that the test started. */
export const redisAt = (url: string): StoreFactory =>
  clusterAt(async () => ({ url: withPrefix(url, newPrefix()), clusterKey: newClusterKey() }))

/** Exactly there. */
export const redisExactlyAt = (place: Place): StoreFactory => clusterAt(async () => place)

/**
 * One cluster with a way to Redis for each pod, which may break: faults are no concern of its tests.
 * `isRotating`: the first pod has the newer cluster key second yet, the others have it first.
 */
export const redisThrough = (
  urls: readonly string[],
  { isRotating = false }: { readonly isRotating?: boolean } = {},
): StoreFactory => {
  const [older, newer] = [newClusterKey(), newClusterKey()]
  const keysOf = (index: number) =>
    index === 0 ? ([older, newer] as const) : ([newer, older] as const)
  const common = { identity: 'test', partitions: 4 }
  return {
    isClustered: true,
    async start(pods) {
      const opening = pods.map((pod, index) =>
        openRedisStore({
          ...{ ...pod, ...common, url: urls[index] ?? '' },
          ...{ clusterKeys: isRotating ? keysOf(index) : [older], durability: 'memory' },
          onFault: () => {},
        }),
      )
      const stores = await allOrNone(opening)
      const close = async () => void (await Promise.all(stores.map((one) => one.close())))
      return { stores, close }
    },
  }
}
