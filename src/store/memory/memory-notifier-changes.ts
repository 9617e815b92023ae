/** Notifiers as they are set, removed and subscribed to, on the queues they belong to. */
import type { Done, Notifier, QueueRecord, Stale, Subscriber, Taken } from '../store.ts'
import type { MemoryNotifiers } from './memory-notifiers.ts'
import type { QueueTable } from './queue-table.ts'

const stale: Stale = { outcome: 'stale' }
const done: Done = { outcome: 'done' }
const taken: Taken = { outcome: 'taken' }

export class MemoryNotifierChanges {
  readonly #table: QueueTable
  readonly #notifiers: MemoryNotifiers

  constructor(table: QueueTable, notifiers: MemoryNotifiers) {
    this.#table = table
    this.#notifiers = notifiers
  }

  set(record: QueueRecord, notifier: Notifier, by: number): Stale | Done | Taken {
    return this.#table.on(record, (queue): Done | Taken => {
      if (this.#notifiers.has(notifier.notifierId)) return taken
      if (record.notifier !== undefined) this.#notifiers.remove(record.notifier.notifierId, by)
      this.#notifiers.add(notifier.notifierId, record.recipientId)
      queue.change({ notifier })
      return done
    })
  }

  remove(record: QueueRecord, by: number): Stale | Done {
    return this.#table.on(record, (queue) => {
      const { notifier, ...rest } = queue.record
      if (notifier === undefined) return done
      this.#notifiers.remove(notifier.notifierId, by)
      queue.replace(rest)
      return done
    })
  }

  subscribe(record: QueueRecord, subscriber: Subscriber): Stale | Done {
    return this.#table.on(record, (): Stale | Done => {
      if (record.notifier === undefined) return stale
      this.#notifiers.subscribe(record.notifier.notifierId, subscriber)
      return done
    })
  }
}
