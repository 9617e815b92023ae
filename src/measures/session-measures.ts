/** What sessions do. */
import { Ages } from './ages.ts'
import { Histogram } from './histogram.ts'
import { ServiceMeasures } from './service-measures.ts'
import { Shares } from './shares.ts'
import { ByWord, Tally } from './tally.ts'

/** Seconds; up to five as the reference counts them, and less than one besides. */
const ACKNOWLEDGEMENT_BOUNDS: readonly number[] = [
  0.1, 0.5, 1, 2, 3, 4, 5, 10, 15, 20, 25, 30, 40, 50, 60, 90, 120, 150, 180, 240, 300, 600, 1200,
  3600,
]

export class CommandMeasures {
  /** From the block that brought it to its answer. */
  readonly seconds = new Histogram()
  /** `ok`, the error's code in small letters, or `unanswered`. */
  readonly outcomes = new Tally()
}

export class SubscriptionMeasures {
  readonly queues = new Shares()
  readonly notifiers = new Shares()
  readonly services = new ServiceMeasures()
  /** Queues with a message that was delivered and not acknowledged. */
  readonly delivered = new Shares()
  /** The same by how long ago that was, as `performance.now` tells it. */
  readonly deliveredAges = new Ages()
  /** Commands that repeat what the connection has: SUB, NSUB, and GET before an acknowledgement. */
  readonly repeated = { sub: 0, nsub: 0, get: 0 }
  /** From delivery to acknowledgement. */
  readonly acknowledgementSeconds = new Histogram(ACKNOWLEDGEMENT_BOUNDS)
  acknowledged = 0
  /** Of these, by readers that did not subscribe. */
  acknowledgedByGet = 0
}

/** How a message went out. */
export type DeliveredBy = 'push' | 'sub' | 'ack' | 'get'

const deliverers: readonly DeliveredBy[] = ['push', 'sub', 'ack', 'get']

/** Where its sender was: on the pod of its recipient or on another one. */
export type DeliveryPath = 'local' | 'remote'

export class SessionMeasures {
  blocksReceived = 0
  blocksSent = 0
  /** Blocks whose commands are not answered yet. */
  blocksInWork = 0
  /** Connections that are not read: their own answers wait for the network, or for the store. */
  readonly paused = { output: 0, work: 0 }
  readonly commands = new ByWord(() => new CommandMeasures())
  /** Blocks of several commands, by the first of them. */
  readonly batches = new Tally()
  /** Times that a command was run again since its queue had changed. */
  staleRecords = 0
  readonly deliveredBy = new Tally(deliverers)
  /** From the relay's taking a message to its pushing it to an idle subscriber. */
  readonly deliverySeconds: Readonly<Record<DeliveryPath, Histogram>> = {
    local: new Histogram(),
    remote: new Histogram(),
  }
  readonly subscriptions = new SubscriptionMeasures()
  /** END and DELD, and how often some were sent together. */
  readonly endings = { sent: 0, batches: 0 }
  /** NMSG, likewise. */
  readonly notifications = { sent: 0, batches: 0 }
  /** What outcomes do not tell. */
  readonly details = { newWithNotifier: 0, deletedSecured: 0, sentWithNotification: 0 }
}
