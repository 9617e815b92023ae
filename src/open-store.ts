/** The store that the settings ask for. */
import { readFileSync } from 'node:fs'
import { allowGarbageInLargeHeap } from './collector.ts'
import { reasonOf } from './config/problem.ts'
import type { Settings } from './config/settings.ts'
import type { Identity } from './identity/identity.ts'
import type { SharedBuckets } from './limits/sharing.ts'
import type { Measures } from './measures/measures.ts'
import { base64url } from './protocol/text.ts'
import { MemoryStore } from './store/memory/memory-store.ts'
import { openRedisStore, openRedisTransfer } from './store/redis/open.ts'
import type { OnFault } from './store/redis/redis-store.ts'
import { ServerProblem } from './store/redis/server-check.ts'
import type { Deliver, QueueStore } from './store/store.ts'
import type { QueueTransfer } from './store/transfer.ts'
import type { Tracing } from './tracing/tracing.ts'

/** What the pods of a cluster share beside queues; alone a relay has nothing to share. */
export type ClusterStore = QueueStore & { readonly sharedBuckets?: SharedBuckets }

interface StoreFor {
  readonly settings: Settings
  readonly identity: Identity
  readonly now?: () => number
  readonly ops?: { readonly measures: Measures } | undefined
  readonly tracing?: Tracing | undefined
}

interface Ears {
  readonly deliver: Deliver
  readonly onFault: OnFault
}

const readCertificates = (path: string): string => {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new ServerProblem(`SLUICE_REDIS_CA cannot be read: ${reasonOf(error)}`, { cause: error })
  }
}

/** Undefined where the settings name no Redis. */
const redisOptions = ({ settings, identity, now = Date.now }: StoreFor) => {
  const { redisUrl: url, redisCa, redisSentinelPassword: sentinelPassword } = settings
  const { clusterKeys, partitions, cachedQueues, durability, durabilityReplicas } = settings
  if (url === undefined || clusterKeys === undefined) return undefined
  return {
    ...{ url, clusterKeys, partitions, cachedQueues, now, limits: settings },
    ...{ durability, durabilityReplicas },
    identity: base64url(identity.fingerprint),
    ignoresPolicy: settings.redisEviction === 'allowed',
    ...(redisCa !== undefined && { ca: readCertificates(redisCa) }),
    ...(sentinelPassword !== undefined && { sentinelPassword }),
  }
}

/** @throws ServerProblem, StoreUnavailable: one line each about Redis */
export const openStore = async (
  storeFor: StoreFor,
  { deliver, onFault }: Ears,
): Promise<ClusterStore> => {
  const { settings, now = Date.now, ops, tracing } = storeFor
  const measures = ops?.measures.store
  const redis = redisOptions(storeFor)
  if (redis === undefined) return new MemoryStore({ deliver, now, limits: settings, measures })
  allowGarbageInLargeHeap()
  return openRedisStore({ ...redis, deliver, onFault, measures, tracing })
}

/**
 * Undefined where the settings name no Redis: queues in memory end with their process.
 * @throws as openStore
 */
export const openTransfer = async (
  storeFor: StoreFor,
  onFault: OnFault,
): Promise<QueueTransfer | undefined> => {
  const redis = redisOptions(storeFor)
  return redis && openRedisTransfer({ ...redis, onFault })
}
