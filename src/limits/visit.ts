/** One connection as the limits see it, from its first packet to its end. */
import type { Client } from './clients.ts'
import type { Handshake } from './handshakes.ts'
import { CONNECTION, HANDSHAKE } from './numbers.ts'
import { NEVER } from './rates.ts'
import type { State } from './state.ts'

export class Visit {
  readonly #state: State
  /** None for those whom limits do not concern. */
  #client: Client | undefined
  #handshake: Handshake | undefined

  private constructor(state: State, client: Client | undefined) {
    this.#state = state
    this.#client = client
  }

  /** Undefined: the connection is to be closed. What is given is to be closed with it. */
  static begin(state: State, address: string | undefined): Visit | undefined {
    if (state.isExempt(address)) return new Visit(state, undefined)
    const client = state.take(address)
    if (!mayConnect(state, client)) {
      state.leave(client)
      return undefined
    }
    state.connections += 1
    const visit = new Visit(state, client)
    visit.#own(client)
    return visit
  }

  /**
   * For a connection that was made for somebody: whether the client at this address may have it, and
   * its handshake, which no TLS comes before. False: it is to be closed.
   */
  isFor(address: string | undefined): boolean {
    if (this.#client === undefined || this.#state.isExempt(address)) return true
    const client = this.#state.take(address)
    if (!mayConnectFrom(this.#state, client)) {
      this.#state.leave(client)
      return false
    }
    this.#disown()
    this.#own(client)
    return this.mayShakeHands()
  }

  /** Whether the work of a handshake may be done for it now. */
  mayShakeHands(): boolean {
    if (this.#client === undefined) return true
    const { rates } = this.#state
    return rates.reserve(HANDSHAKE, this.#state.known(this.#client), 0) !== NEVER
  }

  /** Takes a place among the handshakes under way; `drop` is called when somebody else needs it. */
  arrives(drop: () => void): boolean {
    if (this.#client === undefined) return true
    this.#handshake = this.#state.handshakes.begin(this.#client, this.#state.now, drop)
    return this.#handshake !== undefined
  }

  /** Gives the place back. */
  settles(): void {
    if (this.#handshake !== undefined) this.#state.handshakes.end(this.#handshake)
    this.#handshake = undefined
  }

  /** Once. */
  close(): void {
    this.settles()
    if (this.#client === undefined) return
    this.#state.connections -= 1
    this.#disown()
    this.#client = undefined
  }

  #own(client: Client): void {
    this.#client = client
    client.connections += 1
  }

  #disown(): void {
    if (this.#client === undefined) return
    this.#client.connections -= 1
    this.#state.leave(this.#client)
  }
}

const mayConnect = (state: State, client: Client): boolean => {
  const { numbers, statistics } = state
  if (numbers.limitConnections > 0 && state.connections >= numbers.limitConnections) {
    statistics.refusals.connections += 1
    return false
  }
  return hasRoom(state, client) && state.rates.reserve(CONNECTION, state.known(client), 0) !== NEVER
}

/** A connection that counts among all already. */
const mayConnectFrom = (state: State, client: Client): boolean =>
  hasRoom(state, client) && state.rates.reserveOwn(CONNECTION, state.known(client)) !== NEVER

const hasRoom = ({ numbers, statistics, nobody }: State, client: Client): boolean => {
  const most = numbers.limitConnectionsPerAddress
  if (most === 0 || client === nobody || client.connections < most) return true
  statistics.refusals.connectionsPerAddress += 1
  return false
}
