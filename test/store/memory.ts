import { MemoryStore } from '../../src/store/memory/memory-store.ts'
import type { StoreFactory } from './cluster.ts'

export const memory: StoreFactory = {
  isClustered: false,
  async start(pods) {
    const stores = pods.map((options) => new MemoryStore(options))
    return {
      stores,
      async close() {
        await Promise.all(stores.map((store) => store.close()))
      },
    }
  },
}
