/** A store and the model of it, side by side: what one run of commands does to both. */
import assert from 'node:assert/strict'
import type {
  QueueRecord,
  QueueStore,
  Service,
  StoreLimits,
  Subscriber,
} from '../../../src/store/store.ts'
import { newNumber } from '../builders.ts'
import type { Pod } from '../cluster.ts'
import { same } from '../same.ts'
import { newCertificate, register } from '../services.ts'
import { compareDelivered } from './delivered.ts'
import type { ModelQueue, Seen } from './model-queue.ts'
import { ReferenceModel } from './reference.ts'

/** One connection to one pod; the model knows it by its place in `World.actors`. */
export interface Actor {
  readonly index: number
  readonly pod: Pod
  readonly connection: number
}

interface SeenRecord extends Seen {
  readonly record: QueueRecord
}

export class World {
  readonly model: ReferenceModel
  readonly actors: Actor[]
  readonly #pods: readonly [Pod, ...Pod[]]
  readonly #certificates = [newCertificate(), newCertificate()]
  readonly #seen = new Map<ModelQueue, SeenRecord[]>()

  constructor(pods: readonly [Pod, ...Pod[]], limits: StoreLimits) {
    const { clock } = pods[0]
    this.#pods = pods
    // so that runs on one store begin alike
    clock.advance(limits.expiryIntervalSeconds - (clock.seconds % limits.expiryIntervalSeconds))
    this.model = new ReferenceModel(limits, clock.seconds)
    // on two pods the first two have one number
    const [first, second] = [newNumber(), newNumber()]
    this.actors = [first, pods.length > 1 ? first : newNumber(), second].map(
      (connection, index) => ({ index, pod: pods[index % pods.length] ?? pods[0], connection }),
    )
  }

  get store(): QueueStore {
    return this.#pods[0].store
  }

  /** Makes messages and notifications of the present time. */
  get pod(): Pod {
    return this.#pods[0]
  }

  actor(index: number): Actor {
    const actor = this.actors[index % this.actors.length]
    assert.ok(actor)
    return actor
  }

  /** The actor goes on with another connection; what the old one is told no longer matters. */
  reconnect({ index, pod }: Actor): void {
    this.actors[index] = { index, pod, connection: newNumber() }
  }

  /** The claim as the model and as the actor's pod know it. */
  claim({ index, connection }: Actor, claim = newNumber()) {
    const ofModel: Subscriber = { connection: index, claim }
    const ofStore: Subscriber = { connection, claim }
    return { ofModel, ofStore }
  }

  /** One of two, as the actor's pod knows it. */
  service(index: number, { pod }: Pick<Actor, 'pod'>): Promise<Service> {
    const certificate = this.#certificates[index % this.#certificates.length]
    assert.ok(certificate)
    return register(pod, certificate)
  }

  /** A connection is of one service: two actors share the first, the third has the other. */
  ownService(actor: Actor): Promise<Service> {
    return this.service(actor.index < 2 ? 0 : 1, actor)
  }

  queue(index: number): ModelQueue {
    const queue = this.model.queues[index % this.model.queues.length]
    assert.ok(queue, 'commands on queues run only when there are some')
    return queue
  }

  /** The queue's record as it was loaded some changes ago. */
  seen(queue: ModelQueue, age: number): SeenRecord {
    const seen = this.#seen.get(queue)?.toReversed() ?? []
    const record = seen[Math.min(age, seen.length - 1)]
    assert.ok(record, 'the queue was loaded when it was made')
    return record
  }

  advance(seconds: number): void {
    const { clock } = this.pod
    clock.advance(seconds)
    this.model.advanceTo(clock.seconds)
  }

  /** Loads the queue, through each pod, and compares its record. */
  async refresh(queue: ModelQueue): Promise<void> {
    for (const pod of this.#pods) {
      const [record] = await pod.find('recipient', [queue.fields.recipientId])
      this.#compareRecord(queue, record)
    }
  }

  #compareRecord(queue: ModelQueue, record: QueueRecord | undefined): void {
    if (queue.isDeleted) {
      assert.equal(record, undefined)
      return
    }
    assert.ok(record, 'the queue exists')
    const { revision, ...fields } = record
    same(fields, queue.fields)
    const seen = this.#seen.get(queue) ?? []
    const last = seen.at(-1)
    if (last?.version === queue.version) {
      assert.equal(revision, last.record.revision, 'a revision that nothing made')
      return
    }
    const minimum = (last?.record.revision ?? Number.NEGATIVE_INFINITY) + 1
    assert.ok(revision >= minimum - (queue.isRevisionOpen ? 1 : 0), 'a higher revision')
    const known = queue.isRevisionOpen ? seen.filter((one) => one !== last) : seen
    this.#seen.set(queue, [...known, { queue, version: queue.version, record }])
  }

  /** Compares what is in the live queues, and removes it. */
  async compareContents(): Promise<void> {
    for (const queue of this.model.live) {
      const { record } = this.seen(queue, 0)
      same(await this.pod.drain(record), queue.items)
      queue.items = []
    }
    for (const actor of this.actors) await this.#compareService(actor)
  }

  /** A new holder gets all that waits, notifier by notifier in the model's order. */
  async #compareService(actor: Actor): Promise<void> {
    const service = await this.ownService(actor)
    const claim = this.claim(actor)
    const { count } = await actor.pod.store.subscribeService(service, claim.ofStore)
    assert.equal(count, this.model.subscribeService(service, claim.ofModel))
    await this.takeOfService(service, actor, 1000)
    assert.equal(this.model.waitingOfService(service), 0)
  }

  /** What a store gives out has to be what comes next of its notifier. */
  async takeOfService(service: Service, { index, connection, pod }: Actor, limit: number) {
    for (;;) {
      const taking = { connection, limit }
      const taken = await pod.store.takeServiceNotifications(service, taking)
      assert.ok(taken.notifications.length <= limit)
      if (!this.model.isHolder(service, index)) assert.deepEqual(taken.notifications, [])
      for (const { notifierId, ...one } of taken.notifications)
        same(one, this.model.nextOfService(service, notifierId))
      if (!taken.hasMore) return
      assert.ok(taken.notifications.length > 0, 'the store gets on')
    }
  }

  /**
   * Compares all events. To know that all came, each pod makes one on each live queue for each
   * actor: what a pod caused about a queue comes in order.
   */
  async compareEvents(): Promise<void> {
    for (const queue of this.model.live)
      for (const { index, connection, pod } of this.actors) {
        const seen = this.seen(queue, 0)
        const claim = this.claim({ index, connection, pod })
        const results = await pod.store.subscribe([seen.record], claim.ofStore)
        same(results, [this.model.subscribe(seen, claim.ofModel)])
        for (const { store } of this.#pods) await this.#block(store, queue)
      }
    for (const actor of this.actors) {
      const expected = this.model.events.filter(({ connection }) => connection === actor.index)
      await compareDelivered(actor.pod.events, actor.connection, expected)
    }
  }

  async #block(store: QueueStore, queue: ModelQueue): Promise<void> {
    const seen = this.seen(queue, 0)
    const blocking = { reason: 'spam' } as const
    const expected = this.model.setStatus(seen, { state: 'blocked', blocking })
    same(await store.blockQueue(seen.record, blocking), expected)
    await this.refresh(queue)
  }
}
