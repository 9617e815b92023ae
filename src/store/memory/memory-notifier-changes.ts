/** Notifiers as they are set, removed, subscribed to and given to services, on the queues they belong to. */
import type { Association } from '../service-store.ts'
import type { Done, Notifier, QueueRecord, Service, Stale, Subscriber, Taken } from '../store.ts'
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
    return this.#table.on(record, (queue): Stale | Done => {
      if (record.notifier === undefined) return stale
      const { service, ...notifier } = record.notifier
      this.#notifiers.subscribe(notifier.notifierId, subscriber)
      if (service !== undefined) queue.change({ notifier })
      return done
    })
  }

  associate(record: QueueRecord, service: Service): Stale | Association {
    return this.#table.on(record, (queue): Association | Stale => {
      const { notifier } = record
      if (notifier === undefined) return stale
      const associated = this.#notifiers.associate(notifier.notifierId, service)
      if (associated?.isNew) queue.change({ notifier: { ...notifier, service } })
      return associated ?? stale
    })
  }
}
