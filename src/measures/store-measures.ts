/** What a store does, beside the commands that it is called for. */
import { Histogram } from './histogram.ts'
import { ByWord, Tally } from './tally.ts'

const ENTRY_BOUNDS: readonly number[] = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512]

export type CallError = 'unavailable' | 'full' | 'refused'

const callErrors: readonly CallError[] = ['unavailable', 'full', 'refused']

export class CallMeasures {
  /** Of all calls, those that were sent again included. */
  readonly seconds = new Histogram()
  /** `unavailable`, `full`, or `refused` by Redis for another reason. */
  readonly errors = new Tally(callErrors)
}

export class StoreMeasures {
  /** By the script's name, or the command's in capitals. */
  readonly calls = new ByWord(() => new CallMeasures())
  /** Records asked for: found in the cache, not found there, or not looked for there. */
  readonly cache = { hit: 0, miss: 0, fresh: 0 }
  /** Mailbox entries by what they are about. */
  readonly entries = new Tally()
  /** Entries found at once, where there were any. */
  readonly drained = new Histogram(ENTRY_BOUNDS)
  /** From publishing a probe to its arrival. */
  readonly nudgeSeconds = new Histogram()
  /** Messages that expired: dropped, or not counted any more since nobody has come for them. */
  expiredMessages = 0
  /** Dropped since they were too old, or since too many waited for one notifier. */
  readonly droppedNotifications = { expired: 0, displaced: 0 }
  /** By operators. */
  blockedQueues = 0
  /** Connections to Redis that were made again. */
  readonly reconnections = new Tally<'commands' | 'nudges'>()
}
