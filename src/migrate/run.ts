/** What the steps of an import share. */
import type { CryptoProvider } from '../crypto/provider.ts'
import type { ServiceId } from '../protocol/ids.ts'
import type { IdSet } from '../store/id-set.ts'
import type { StoreLimits } from '../store/store.ts'
import type { Destination } from '../store/transfer.ts'
import type { KnownService } from './import-services.ts'
import type { Problems } from './problems.ts'
import type { StateFiles } from './state-files.ts'
import type { Tally } from './tally.ts'

export type Step =
  | 'queues'
  | 'messages'
  | 'notifications'
  | 'verification of queues'
  | 'verification of messages'
  | 'verification of notifications'

export interface Progress {
  readonly step: Step
  /** Bytes of files, as often as they are read. */
  readonly read: number
  readonly total: number
  /** Queues, messages or notifications that are done. */
  readonly count: number
}

export type OnProgress = (progress: Progress) => void

export interface Run {
  readonly files: StateFiles
  readonly destination: Destination
  readonly crypto: CryptoProvider
  readonly nowSeconds: number
  readonly limits: Pick<StoreLimits, 'messageTtlSeconds' | 'notificationTtlSeconds'>
  readonly tally: Tally
  readonly problems: Problems
  /** Recipient ids of queues of the files that are not in the destination. */
  readonly leftOut: IdSet
  /** Of those that are there, and not as the files have them. */
  readonly altered: IdSet
  /** By their ids in the files; filled before queues are. */
  readonly services: Map<ServiceId, KnownService>
  readonly onProgress: OnProgress
  /** See read-queues.ts. */
  readonly shareBytes?: number
  readonly signal: AbortSignal
}
