/** Stores of one cluster whose Redis fails: what they report is kept, and no failure of the test. */
import { randomBytes } from 'node:crypto'
import { nativeCrypto } from '../../../src/crypto/native.ts'
import { idBytes, type RecipientId } from '../../../src/protocol/ids.ts'
import { ClusterKeys } from '../../../src/store/redis/cluster-keys.ts'
import type { Durability } from '../../../src/store/redis/connection/group-commit.ts'
import { Keys, type QueueKeys } from '../../../src/store/redis/keys.ts'
import { openRedisStore } from '../../../src/store/redis/open.ts'
import type { StoreLimits } from '../../../src/store/store.ts'
import { newRecipientId } from '../../store/builders.ts'
import { type Pod, startPods } from '../../store/cluster.ts'
import { withPrefix } from './shared.ts'

export interface StorePodsOptions {
  /** One for each pod. */
  readonly urls: readonly string[]
  readonly partitions?: number
  readonly durability?: Durability
  readonly limits?: Partial<StoreLimits>
}

export interface Fault {
  readonly error: unknown
  readonly during: string
}

export interface StorePods extends AsyncDisposable {
  readonly pods: readonly Pod[]
  readonly faults: readonly Fault[]
  readonly keys: Keys
  keysOf(queue: { readonly recipientId: RecipientId }): QueueKeys
  /** A new id of a queue in that partition. */
  recipientIn(tag: string): RecipientId
}

/** Few, so that what pods do besides answering costs little. */
const PARTITIONS = 16

export const openPods = async (options: StorePodsOptions): Promise<StorePods> => {
  const { urls, partitions = PARTITIONS, durability = 'memory', limits = {} } = options
  const prefix = `${randomBytes(6).toString('hex')}:`
  const clusterKey = new Uint8Array(randomBytes(32))
  const faults: Fault[] = []
  const common = { partitions, durability, clusterKeys: [clusterKey], identity: 'test' } as const
  const onFault = (error: unknown, during: string): void => void faults.push({ error, during })
  const factory: Parameters<typeof startPods>[0] = {
    isClustered: true,
    async start(all) {
      const opening = all.map((pod, index) =>
        openRedisStore({ ...pod, ...common, url: withPrefix(urls[index] ?? '', prefix), onFault }),
      )
      const stores = await Promise.all(opening)
      return { stores, close: async () => void (await Promise.all(stores.map((s) => s.close()))) }
    },
  }
  const { pod, others, close } = await startPods(factory, { pods: urls.length, limits })
  const keys = new Keys(prefix, partitions)
  const clusterKeys = new ClusterKeys(nativeCrypto, [clusterKey])
  const keysOf = ({ recipientId }: { readonly recipientId: RecipientId }) =>
    keys.ofQueue(clusterKeys.blind('recipient', idBytes(recipientId)))
  const recipientIn = (tag: string): RecipientId => {
    for (;;) {
      const recipientId = newRecipientId()
      if (keysOf({ recipientId }).tag === tag) return recipientId
    }
  }
  return { pods: [pod, ...others], faults, keys, keysOf, recipientIn, [Symbol.asyncDispose]: close }
}
