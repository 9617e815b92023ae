/**
 * END, DELD and ENDS. They share blocks, since a client that moves to another connection ends hundreds
 * of subscriptions at once, and they wait while a command on what ended is not answered: an END before
 * the SOK that it ends would tell the client the opposite.
 */
import type { Claim, Subscriptions } from '../delivery/subscriptions.ts'
import type { SessionMeasures } from '../measures/session-measures.ts'
import type { EntityId } from '../protocol/ids.ts'
import { DELD, END } from '../protocol/reply.ts'
import type { StoreEvent } from '../store/store.ts'
import { eventOf, type Outgoing, type Output } from './output.ts'

type Ending = Extract<StoreEvent, { readonly type: 'ended' | 'deleted' }>

/** A service may have very many notifiers; a client that takes so little of what ends is not there. */
const MAX_PENDING = 16_384

export interface EndingsOptions {
  readonly output: Output
  readonly subscriptions: Subscriptions
  readonly measures?: SessionMeasures | undefined
  /** The client does not take what is for it. */
  readonly onOverflow: () => void
}

export class Endings {
  readonly #options: EndingsOptions
  readonly #subscriptions: Subscriptions
  readonly #measures: SessionMeasures | undefined
  /** The newest of each queue and notifier: no more than the connection is subscribed to. */
  readonly #pending = new Map<EntityId, Ending>()
  /** The claim on the service that another connection has ended. */
  #endedService: number | undefined
  #isFlushing = false

  constructor(options: EndingsOptions) {
    this.#options = options
    this.#subscriptions = options.subscriptions
    this.#measures = options.measures
  }

  add(ending: Ending): void {
    if (this.#claimOf(ending) === undefined) return
    this.#pending.set(ending.entityId, ending)
    const { service } = this.#subscriptions
    if (service !== undefined && this.#pending.size > MAX_PENDING) this.#options.onOverflow()
    else this.flush()
  }

  addService(claim: number): void {
    this.#endedService = claim
    this.flush()
  }

  /** Tells, a moment later, what need not wait. */
  flush(): void {
    const hasNews = this.#pending.size > 0 || this.#endedService !== undefined
    if (this.#isFlushing || !hasNews) return
    this.#isFlushing = true
    void this.#flush()
  }

  async #flush(): Promise<void> {
    const { output } = this.#options
    await output.ready()
    this.#isFlushing = false
    const list: Outgoing[] = []
    for (const ending of this.#pending.values())
      if (this.#isDue(ending)) list.push(this.#outgoing(ending))
    const services = this.#endService()
    output.send([...list, ...services])
    if (this.#measures === undefined) return
    const { endings, subscriptions } = this.#measures
    subscriptions.services.endings += services.length
    endings.sent += list.length
    if (list.length > 0) endings.batches += 1
  }

  /** On the queue or notifier itself, or on the service that the notifier was. */
  #claimOf({ entityId }: Ending): Claim | undefined {
    const { service } = this.#subscriptions
    return this.#subscriptions.claimOn(entityId) ?? (service?.isHeld ? service : undefined)
  }

  /** Forgets those of an earlier claim; a deleted id never comes back, so its claim says nothing. */
  #isDue(ending: Ending): boolean {
    const present = this.#claimOf(ending)
    if (present !== undefined && present.busy > 0) return false
    this.#pending.delete(ending.entityId)
    if (present === undefined) return false
    const isOwn = present !== this.#subscriptions.service
    return (isOwn && ending.type === 'deleted') || present.claim === ending.claim
  }

  #outgoing({ type, entityId }: Ending): Outgoing {
    if (this.#subscriptions.claimOn(entityId) === undefined) this.#subscriptions.service?.removed()
    this.#subscriptions.drop(entityId)
    return eventOf(entityId, type === 'deleted' ? DELD : END)
  }

  #endService(): readonly Outgoing[] {
    const { service } = this.#subscriptions
    if (service === undefined || this.#endedService === undefined || service.busy > 0) return []
    const isPresent = service.isHeld && service.claim === this.#endedService
    this.#endedService = undefined
    if (!isPresent) return []
    const { serviceId } = service.service
    return [eventOf(serviceId, { tag: 'ENDS', count: BigInt(service.ended()) })]
  }
}
