/**
 * Whether this pod alone, for all that it knows, has lost Redis. Its subscribers would wait for
 * messages that other pods could give them, so after a while they are sent away, a share at a time.
 * A failover takes less, and a server of a Redis Cluster that is away concerns all pods alike.
 */
import type { Mailboxes } from './mailboxes.ts'
import type { Pod } from './pod.ts'

const ISOLATED_AFTER_MS = 15_000
/** Of the connections, at each check. */
const SHARE = 0.05
const LEAST = 50

export class Isolation {
  readonly #pod: Pod
  readonly #mailboxes: Mailboxes
  /** Connections sent away at each check, while it is isolated. */
  #atOnce = 0

  constructor(pod: Pod, mailboxes: Mailboxes) {
    this.#pod = pod
    this.#mailboxes = mailboxes
  }

  check(): void {
    if (performance.now() - this.#mailboxes.heardAt < ISOLATED_AFTER_MS) {
      this.#atOnce = 0
      return
    }
    const { interests, serviceHolds } = this.#pod
    const all = [...interests.connections, ...serviceHolds.connections]
    if (this.#atOnce === 0) this.#atOnce = Math.max(LEAST, Math.ceil(all.length * SHARE))
    for (const connection of all.slice(0, this.#atOnce)) {
      interests.take(connection)
      serviceHolds.take(connection)
      this.#pod.options.deliver(connection, { type: 'isolated', claim: 0 })
    }
  }
}
