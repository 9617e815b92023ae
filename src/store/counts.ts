/** How much a store holds, and how much of it is in use. */
import type { ServiceRole } from '../protocol/handshake.ts'

export interface StoreCounts {
  readonly queues: number
  /** Stored and not received, quota markers included. */
  readonly messages: number
  /** Queues that have a notifier. */
  readonly notifiers: number
  /** Notifiers that are a service's. */
  readonly serviceNotifiers: number
  /** That have ever registered. */
  readonly services: Readonly<Record<ServiceRole, number>>
}

/** Of the server with queues that is fullest; there is none where they are in this process. */
export interface ServerMemory {
  readonly usedBytes: number
  /** 0: it has no limit of its own. */
  readonly limitBytes: number
}

/** Queues that a message was sent to or received from, by UTC days, weeks from Monday, and months. */
export interface ActiveInPeriods {
  readonly day: number
  readonly week: number
  readonly month: number
}

/** Estimates, a few in a hundred off. */
export interface ActiveQueues {
  readonly all: ActiveInPeriods
  /** Those that a message with a notification was sent to. */
  readonly notifying: ActiveInPeriods
}

const never: ActiveInPeriods = { day: 0, week: 0, month: 0 }

export const noneActive: ActiveQueues = { all: never, notifying: never }
