import { randomBytes } from 'node:crypto'
import { openRedisStore } from '../../src/store/redis/open.ts'
import type { StoreFactory } from '../store/cluster.ts'
import { redisUrl } from '../support/redis.ts'

/** Each cluster under test has keys of its own, in the Redis of the test run. */
export const redis: StoreFactory = {
  isClustered: true,
  async start(pods) {
    const url = await redisUrl(randomBytes(6).toString('hex'))
    const clusterKeys = [new Uint8Array(randomBytes(32))] as const
    const faults: unknown[] = []
    const onFault = (error: unknown): void => void faults.push(error)
    const open = pods.map((options) =>
      openRedisStore({ ...options, url, clusterKeys, partitions: 256, onFault }),
    )
    const stores = await Promise.all(open)
    return {
      stores,
      async close() {
        await Promise.all(stores.map((store) => store.close()))
        if (faults.length > 0) throw new AggregateError(faults, 'faults of the store')
      },
    }
  },
}
