/** Stores under test as the pods of a cluster see them, and what tests do with one. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { StoreMeasures } from '../../src/measures/store-measures.ts'
import type { EntityId, NotifierId, RecipientId } from '../../src/protocol/ids.ts'
import type {
  Lookup,
  NewQueue,
  QueueParty,
  QueueRecord,
  QueueStore,
  StoredMessage,
  StoredNotification,
  StoreEvent,
  StoreLimits,
  StoreOptions,
  Subscriber,
} from '../../src/store/store.ts'
import { type Message, newMessage, newNotification, newNumber, newQueue } from './builders.ts'
import { Events } from './events.ts'

/** How the stores of one kind are started. */
export interface StoreFactory {
  /** Whether several stores can serve the same queues: cases of two pods run only then. */
  readonly isClustered: boolean
  /** A store for each pod, all of one cluster. What it keeps may be there from other tests. */
  start(pods: readonly StoreOptions[]): Promise<{
    readonly stores: readonly QueueStore[]
    close(): Promise<void>
  }>
}

/** Small enough to reach; long enough that nothing expires by a clock other than the test's. */
export const limits: StoreLimits = {
  queueQuota: 4,
  messageTtlSeconds: 1000,
  expiryIntervalSeconds: 100,
  expireOnSend: true,
  notificationTtlSeconds: 600,
}

/** Starts at an interval of expiry near the real time, and moves when told. */
export class Clock {
  #seconds: number

  constructor(intervalSeconds: number) {
    this.#seconds = Math.floor(Date.now() / 1000 / intervalSeconds) * intervalSeconds
  }

  get seconds(): number {
    return this.#seconds
  }

  advance(seconds: number): void {
    this.#seconds += seconds
  }

  /** Not a whole second: stores round down. */
  readonly now = (): number => this.#seconds * 1000 + 999
}

/** Undefined where there is no queue; anything else is not expected in tests. */
export const recordOf = (lookup: Lookup | undefined): QueueRecord | undefined => {
  assert.ok(lookup !== undefined && lookup.outcome !== 'failed', 'the store answers')
  return lookup.outcome === 'found' ? lookup.queue : undefined
}

/** Queues and messages alone. */
export const sizeOf = async (store: Pick<QueueStore, 'count'>) => {
  const { queues, messages } = await store.count()
  return { queues, messages }
}

export class Pod {
  readonly store: QueueStore
  /** Those of all pods, its own included. */
  readonly stores: readonly QueueStore[]
  readonly events: Events
  readonly clock: Clock
  readonly measures: StoreMeasures

  constructor(parts: Pick<Pod, 'store' | 'stores' | 'events' | 'clock' | 'measures'>) {
    this.store = parts.store
    this.stores = parts.stores
    this.events = parts.events
    this.clock = parts.clock
    this.measures = parts.measures
  }

  async create(fields: Partial<NewQueue> = {}, subscriber?: Subscriber): Promise<QueueRecord> {
    const queue = newQueue(fields)
    assert.deepEqual(await this.store.createQueue(queue, subscriber), { outcome: 'done' })
    return this.load(queue)
  }

  /** The queues as they are now. A pod is given the records that it loaded itself. */
  async find(
    party: QueueParty,
    ids: readonly EntityId[],
  ): Promise<readonly (QueueRecord | undefined)[]> {
    return (await this.store.loadQueues(party, ids, { fresh: true })).map(recordOf)
  }

  /** The heads as they are fetched; a word where the queue is not the connection's. */
  async heads(ids: readonly RecipientId[], subscriber: Pick<Subscriber, 'connection'>) {
    const fetched = await this.store.fetchHeads(ids, subscriber)
    return fetched.map((one) => (one.outcome === 'done' ? one.head : one.outcome))
  }

  /** The queue's record as it is now. */
  async load({ recipientId }: Pick<QueueRecord, 'recipientId'>): Promise<QueueRecord> {
    const [record] = await this.find('recipient', [recipientId])
    assert.ok(record, 'the queue exists')
    return record
  }

  message(): Message {
    return newMessage(this.clock.seconds)
  }

  notification(): StoredNotification {
    return newNotification(this.clock.seconds)
  }

  /** Appends a message that the store has to take. */
  async append(queue: QueueRecord, notification?: StoredNotification): Promise<Message> {
    const message = this.message()
    const append = { message, ...(notification && { notification }) }
    assert.deepEqual(await this.store.appendMessage(queue, append), { outcome: 'done' })
    return message
  }

  /** Appends a message that the store has to refuse. */
  async overflow(queue: QueueRecord): Promise<Message> {
    const message = this.message()
    assert.deepEqual(await this.store.appendMessage(queue, { message }), { outcome: 'full' })
    return message
  }

  /** Removes and returns all messages, as a reader without a claim. */
  async drain(queue: QueueRecord): Promise<readonly StoredMessage[]> {
    const drained: StoredMessage[] = []
    let result = await this.store.peekMessage(queue)
    while (result.outcome === 'done' && result.head !== undefined) {
      const { messageId } = result.head
      const isNew = drained.every((one) => one.messageId !== messageId)
      assert.ok(isNew, 'an acknowledged message is gone')
      drained.push(result.head)
      const next = await this.store.acknowledge(queue, { messageId })
      assert.notEqual(next.outcome, 'lost')
      result = next.outcome === 'lost' ? { outcome: 'stale' } : next
    }
    assert.equal(result.outcome, 'done')
    return drained
  }

  async take(notifierId: NotifierId, { connection }: Subscriber, limit = 1000) {
    const [taken] = await this.store.takeNotifications([notifierId], { connection, limit })
    assert.ok(taken, 'the store answers')
    return taken
  }

  /**
   * What the connection got and the test has not read, up to now. What one pod caused about one
   * queue, its notifiers included, comes in order: so each pod blocks the queue, and the last of
   * these blocks marks the end of what was caused before. It changes the queue and, unless the
   * connection has it already, its subscriber, who is to be asked first, for the next one asked
   * ends it.
   */
  async rest(
    queue: Pick<QueueRecord, 'recipientId'>,
    { connection }: Pick<Subscriber, 'connection'>,
  ): Promise<readonly StoreEvent[]> {
    const [fetched] = await this.store.fetchHeads([queue.recipientId], { connection })
    // another claim of the same connection would forget what is on its way to this one
    if (fetched?.outcome !== 'done') await this.#subscribe(queue, connection)
    const fence = { reason: 'spam', notice: { ttlSeconds: newNumber() } } as const
    for (const store of this.stores) {
      const [found] = await store.loadQueues('recipient', [queue.recipientId], { fresh: true })
      const record = recordOf(found)
      assert.ok(record, 'the queue exists')
      assert.deepEqual(await store.blockQueue(record, fence), { outcome: 'done' })
    }
    const isFence = (event: StoreEvent) =>
      event.type === 'blocked' && event.blocking.notice?.ttlSeconds === fence.notice.ttlSeconds
    await this.events.hold(
      connection,
      (events) => events.filter(isFence).length === this.stores.length,
    )
    return this.events.unread(connection).filter((event) => !isFence(event))
  }

  async #subscribe(
    queue: Pick<QueueRecord, 'recipientId'>,
    connection: Subscriber['connection'],
  ): Promise<void> {
    const subscriber = { connection, claim: newNumber() }
    const [subscribed] = await this.store.subscribe([await this.load(queue)], subscriber)
    assert.equal(subscribed?.outcome, 'done')
  }
}

type Run = (pod: Pod, ...others: Pod[]) => Promise<void>

export interface CaseOptions {
  readonly limits?: Partial<StoreLimits>
  readonly pods?: number
}

/** Adds one test of the stores that a factory starts. */
export type Check = (name: string, run: Run, options?: CaseOptions) => void

export const startPods = async (factory: StoreFactory, options: CaseOptions = {}) => {
  const used = { ...limits, ...options.limits }
  const clock = new Clock(used.expiryIntervalSeconds)
  const inboxes = Array.from({ length: options.pods ?? 1 }, () => ({
    events: new Events(),
    measures: new StoreMeasures(),
  }))
  const { stores, close } = await factory.start(
    inboxes.map(({ events: { deliver }, measures }) => ({
      ...{ deliver, now: clock.now, limits: used, measures },
    })),
  )
  const pods = stores.map((store, index) => {
    const inbox = inboxes[index]
    assert.ok(inbox, 'a store for each pod')
    return new Pod({ store, stores, clock, ...inbox })
  })
  const [pod, ...others] = pods
  assert.ok(pod, 'at least one store')
  return { pod, others, close }
}

export const checkWith =
  (factory: StoreFactory): Check =>
  (name, run, options) =>
    test(name, async () => {
      const { pod, others, close } = await startPods(factory, options)
      try {
        await run(pod, ...others)
      } finally {
        await close()
      }
    })
