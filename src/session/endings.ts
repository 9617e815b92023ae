/**
 * END and DELD. They share blocks, since a client that moves to another connection ends hundreds of
 * subscriptions at once, and they wait while a command on what ended is not answered: an END before
 * the SOK that it ends would tell the client the opposite.
 */
import type { Subscriptions } from '../delivery/subscriptions.ts'
import type { SessionMeasures } from '../measures/session-measures.ts'
import type { EntityId } from '../protocol/ids.ts'
import { DELD, END } from '../protocol/reply.ts'
import type { StoreEvent } from '../store/store.ts'
import { eventOf, type Outgoing, type Output } from './output.ts'

type Ending = Extract<StoreEvent, { readonly type: 'ended' | 'deleted' }>

export class Endings {
  readonly #output: Output
  readonly #subscriptions: Subscriptions
  readonly #measures: SessionMeasures['endings'] | undefined
  /** The newest of each queue and notifier: no more than the connection is subscribed to. */
  readonly #pending = new Map<EntityId, Ending>()
  #isFlushing = false

  constructor(
    output: Output,
    subscriptions: Subscriptions,
    measures?: SessionMeasures['endings'] | undefined,
  ) {
    this.#output = output
    this.#subscriptions = subscriptions
    this.#measures = measures
  }

  add(ending: Ending): void {
    if (this.#subscriptions.claimOn(ending.entityId) === undefined) return
    this.#pending.set(ending.entityId, ending)
    this.flush()
  }

  /** Tells, a moment later, what need not wait. */
  flush(): void {
    if (this.#isFlushing || this.#pending.size === 0) return
    this.#isFlushing = true
    void this.#flush()
  }

  async #flush(): Promise<void> {
    await this.#output.ready()
    this.#isFlushing = false
    const list: Outgoing[] = []
    for (const ending of this.#pending.values())
      if (this.#isDue(ending)) list.push(this.#outgoing(ending))
    this.#output.send(list)
    if (this.#measures === undefined || list.length === 0) return
    this.#measures.sent += list.length
    this.#measures.batches += 1
  }

  /** Forgets those of an earlier claim; a deleted id never comes back, so its claim says nothing. */
  #isDue({ type, entityId, claim }: Ending): boolean {
    const present = this.#subscriptions.claimOn(entityId)
    if (present !== undefined && present.busy > 0) return false
    this.#pending.delete(entityId)
    return present !== undefined && (type === 'deleted' || present.claim === claim)
  }

  #outgoing({ type, entityId }: Ending): Outgoing {
    this.#subscriptions.drop(entityId)
    return eventOf(entityId, type === 'deleted' ? DELD : END)
  }
}
