/** What the connection of a service holds: the notifications of all notifiers that are the service's. */
import type { ServiceMeasures } from '../measures/service-measures.ts'
import { Share } from '../measures/shares.ts'
import type { ServiceRole } from '../protocol/handshake.ts'
import type { Service } from '../store/store.ts'
import type { Claim } from './subscriptions.ts'

/** The service that a session is of. */
export interface ServiceOfSession {
  readonly service: Service
  readonly role: ServiceRole
}

export class ServiceSubscription implements Claim {
  readonly service: Service
  claim = 0
  busy = 0
  readonly #role: ServiceRole
  readonly #measures: ServiceMeasures | undefined
  readonly #share: Share | undefined
  readonly #notifiers: Share | undefined
  #count = 0
  #isHeld = false
  #isWhole = false

  /** @param measures those of all connections together */
  constructor({ service, role }: ServiceOfSession, measures?: ServiceMeasures) {
    this.service = service
    this.#role = role
    this.#measures = measures
    this.#share = measures && new Share(measures.held)
    this.#notifiers = measures && new Share(measures.notifiers)
    measures?.open.add(role)
  }

  /** The notifiers that it has told the client of (SMP, "Services"). */
  get count(): number {
    return this.#count
  }

  /** Whether the store holds the service for the connection. */
  get isHeld(): boolean {
    return this.#isHeld
  }

  /** Whether NSUBS has counted all of them. */
  get isWhole(): boolean {
    return this.#isHeld && this.#isWhole
  }

  /** From now on the store holds the service for the connection, or is asked to. */
  hold(claim: number): void {
    this.claim = claim
    if (!this.#isHeld) this.#share?.change(1)
    this.#isHeld = true
  }

  /** NSUBS has taken the service over, with so many notifiers. */
  counted(count: number): void {
    this.#setCount(count)
    this.#isWhole = true
    if (this.#measures !== undefined) this.#measures.subscriptions.done += 1
  }

  /** NSUBS was asked for once more. */
  repeated(): void {
    if (this.#measures !== undefined) this.#measures.subscriptions.duplicate += 1
  }

  /**
   * One more is the service's; one that was counts only where nothing was counted yet.
   * @param before the service that it was of
   */
  added(isNew: boolean, before: Service | undefined): void {
    if (isNew || this.#count === 0) this.#setCount(this.#count + 1)
    if (this.#measures === undefined) return
    const kind = before === undefined ? 'new' : 'updated'
    this.#measures.associations[isNew ? kind : 'duplicate'] += 1
  }

  /** One less is. */
  removed(): void {
    this.#setCount(Math.max(0, this.#count - 1))
  }

  /** Another connection holds the service; gives the number of those that are lost by it. */
  ended(): number {
    const count = this.#count
    this.#setCount(0)
    if (this.#isHeld) this.#share?.change(-1)
    this.#isHeld = false
    this.#isWhole = false
    return count
  }

  /** The connection is gone. */
  close(): void {
    this.#share?.giveUp()
    this.#notifiers?.giveUp()
    this.#measures?.open.add(this.#role, -1)
  }

  #setCount(count: number): void {
    this.#notifiers?.change(count - this.#count)
    this.#count = count
  }
}
