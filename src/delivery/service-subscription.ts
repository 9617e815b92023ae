/** What the connection of a service holds: the notifications of all notifiers that are the service's. */
import type { Service } from '../store/store.ts'
import type { Claim } from './subscriptions.ts'

export class ServiceSubscription implements Claim {
  readonly service: Service
  claim = 0
  busy = 0
  /** The notifiers that it has told the client of (SMP, "Services"). */
  count = 0
  /** Whether the store holds the service for the connection. */
  isHeld = false
  /** Whether NSUBS has counted all of them. */
  isWhole = false

  constructor(service: Service) {
    this.service = service
  }

  /** One more is the service's; one that was counts only where nothing was counted yet. */
  added(isNew: boolean): void {
    if (isNew || this.count === 0) this.count += 1
  }

  /** One less is. */
  removed(): void {
    this.count = Math.max(0, this.count - 1)
  }

  /** Another connection holds the service; gives the number of those that are lost by it. */
  ended(): number {
    const { count } = this
    this.count = 0
    this.isHeld = false
    this.isWhole = false
    return count
  }
}
