/** Imports and exports of a test: into a Redis, from lines or folders. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { nativeCrypto } from '../../src/crypto/native.ts'
import { exportState } from '../../src/migrate/export.ts'
import { type Imported, importState } from '../../src/migrate/import.ts'
import { NewFiles } from '../../src/migrate/new-files.ts'
import { Problems, problemText } from '../../src/migrate/problems.ts'
import type { StateFiles } from '../../src/migrate/state-files.ts'
import type { Tally } from '../../src/migrate/tally.ts'
import { openRedisStore, openRedisTransfer } from '../../src/store/redis/open.ts'
import type { RedisTransfer } from '../../src/store/redis/transfer.ts'
import type { QueueStore, StoreLimits } from '../../src/store/store.ts'
import type { Destination } from '../../src/store/transfer.ts'
import { RECORDED_AT, StateFolder } from '../support/state-folder.ts'

export const limits: StoreLimits = {
  queueQuota: 128,
  messageTtlSeconds: 1_814_400,
  expiryIntervalSeconds: 7200,
  expireOnSend: true,
  notificationTtlSeconds: 86_400,
}

export interface Place {
  readonly url: string
  /** The newest first. */
  readonly clusterKeys: readonly [Uint8Array, ...Uint8Array[]]
}

const optionsAt = (place: Place) => ({
  ...place,
  ...({ partitions: 256, durability: 'memory', identity: 'of the test', limits } as const),
  now: () => RECORDED_AT * 1000,
  onFault: () => {},
})

export const transferAt = (place: Place): Promise<RedisTransfer> =>
  openRedisTransfer(optionsAt(place))

export const storeAt = (place: Place): Promise<QueueStore> =>
  openRedisStore({ ...optionsAt(place), deliver: () => {} })

export interface Outcome extends Imported {
  readonly problems: readonly string[]
}

interface Into {
  readonly destination: Destination
  readonly signal?: AbortSignal
  readonly shareBytes?: number
  readonly nowSeconds?: number
}

/** As at the time when the reference's state was recorded. */
export const importFiles = async (files: StateFiles, into: Into): Promise<Outcome> => {
  using problems = new Problems()
  const imported = await importState({
    ...{ nowSeconds: RECORDED_AT, signal: new AbortController().signal },
    ...{ ...into, files, problems, limits, crypto: nativeCrypto },
    onProgress: () => {},
    verifies: true,
  })
  return { ...imported, problems: problems.shown.map(problemText) }
}

export interface Exported {
  readonly tally: Tally
  readonly problems: readonly string[]
  readonly folder: StateFolder
  /** Sorted: the order of queues is of no meaning. */
  readonly lines: Readonly<Record<'queues' | 'messages' | 'notifications', readonly string[]>>
}

export const linesIn = (folder: string, name: string): readonly string[] =>
  readFileSync(join(folder, name), 'latin1').split('\n').slice(0, -1)

export const exportFrom = async (transfer: RedisTransfer): Promise<Exported> => {
  const folder = new StateFolder()
  const path = join(folder.path, 'out')
  const problems: string[] = []
  await using files = await NewFiles.open(path)
  const tally = await exportState({
    ...{ transfer, files, crypto: nativeCrypto, signal: new AbortController().signal },
    onProblem: (reason) => problems.push(reason),
    onProgress: () => {},
  })
  await files.keep()
  const sorted = (name: string) => [...linesIn(path, name)].sort()
  const lines = {
    queues: sorted('smp-server-store.log'),
    messages: sorted('smp-server-messages.log'),
    notifications: sorted('smp-server-ntfs.log'),
  }
  return { tally, problems, folder, lines }
}
