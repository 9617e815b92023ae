/** One connection of a relay, from its acceptance to its end. */
import type { Leaver } from './lifecycle/leavers.ts'
import type { Session } from './session/session.ts'
import type { Transport } from './transport/transport.ts'

/** Who has not taken its answers by then does not want them. */
const LEAVING_LIMIT_MS = 30_000

export class Connection implements Leaver {
  readonly transport: Transport
  #session: Session | undefined
  #isLeaving = false
  #limit: NodeJS.Timeout | undefined

  constructor(transport: Transport) {
    this.transport = transport
  }

  get isBusy(): boolean {
    return this.#session?.isBusy ?? false
  }

  get isLeaving(): boolean {
    return this.#isLeaving
  }

  /** Its handshake is done. */
  begin(session: Session): void {
    this.#session = session
    if (this.#isLeaving) session.leave()
  }

  leave(): void {
    if (this.#isLeaving) return
    this.#isLeaving = true
    this.#limit = setTimeout(() => this.transport.destroy(), LEAVING_LIMIT_MS).unref()
    if (this.#session === undefined) this.transport.close()
    else this.#session.leave()
  }

  ended(): void {
    this.#isLeaving = true
    clearTimeout(this.#limit)
  }
}
