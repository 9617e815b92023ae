/**
 * What is forwarded for clients, traced at the pod that forwards. No trace context goes along: other
 * relays learn nothing from it.
 */
import type { ForwardedCommand, Forwarder } from '../commands/spec.ts'
import type { RelayServer } from '../protocol/command.ts'
import type { EntityId } from '../protocol/ids.ts'
import type { Reply } from '../protocol/reply.ts'
import type { Tracing } from '../tracing/tracing.ts'

const outcomeOf = (reply: Reply): string =>
  reply.tag === 'ERR' ? reply.error.code.toLowerCase() : 'ok'

export class TracedForwarder implements Forwarder {
  readonly #forwarder: Forwarder
  readonly #tracing: Tracing

  constructor(forwarder: Forwarder, tracing: Tracing) {
    this.#forwarder = forwarder
    this.#tracing = tracing
  }

  open(server: RelayServer): Promise<Reply<'PKEY' | 'ERR'>> {
    return this.#traced('connect', () => this.#forwarder.open(server))
  }

  forward(sessionId: EntityId, command: ForwardedCommand): Promise<Reply<'PRES' | 'ERR'>> {
    return this.#traced('forward', () => this.#forwarder.forward(sessionId, command))
  }

  async #traced<R extends Reply>(what: 'connect' | 'forward', work: () => Promise<R>): Promise<R> {
    const span = this.#tracing.part({ what })
    if (span === undefined) return work()
    // the session with the other relay outlives this
    const reply = await this.#tracing.apart(work)
    span.end(outcomeOf(reply))
    return reply
  }
}
