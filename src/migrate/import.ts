/** The whole of an import: queues, then what they hold, then a look at all of it. */
import { IdSet } from '../store/id-set.ts'
import { importMessages } from './import-messages.ts'
import { importNotifications } from './import-notifications.ts'
import { importQueues } from './import-queues.ts'
import { verifyServices } from './import-services.ts'
import type { Run } from './run.ts'
import { newTally, type QueueCounts, queuesOf, type Tally } from './tally.ts'
import { verifyMessages, verifyNotifications } from './verify-lists.ts'
import { verifyQueues } from './verify-queues.ts'

/** What the destination was seen to have of what the files say. */
export interface Verified {
  readonly services: number
  readonly queues: QueueCounts
  readonly messages: number
  readonly notifications: number
}

export interface Imported {
  readonly tally: Tally
  readonly verified?: Verified
}

export type ImportOptions = Omit<Run, 'tally' | 'leftOut' | 'altered' | 'services'> & {
  /** Not of a dry run: there is nothing to look at. */
  readonly verifies: boolean
}

/**
 * Can be interrupted at any point and done again.
 * @throws the file system's errors, StoreUnavailable, StoreFull, the signal's reason
 */
export const importState = async ({ verifies, ...options }: ImportOptions): Promise<Imported> => {
  const tally = newTally()
  const sets = { leftOut: new IdSet(), altered: new IdSet(), services: new Map() }
  const run = { ...options, ...sets, tally }
  await importQueues(run)
  await importMessages(run)
  await importNotifications(run)
  if (!verifies) return { tally }
  const verified = {
    services: await verifyServices(run),
    queues: await verifyQueues(run),
    messages: await verifyMessages(run),
    notifications: await verifyNotifications(run),
  }
  return { tally, verified }
}

/** Whether all that was put there was seen there; anything else is among the problems too. */
export const isComplete = ({ tally, verified }: Imported): boolean =>
  verified !== undefined &&
  verified.services === tally.services &&
  queuesOf(verified.queues) === queuesOf(tally.queues) &&
  verified.messages === tally.messages &&
  verified.notifications === tally.notifications
