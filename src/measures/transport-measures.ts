/** Connections up to their SMP session. */
import { Histogram } from './histogram.ts'
import { Tally } from './tally.ts'

/** How SMP is spoken: over TLS, over WebSocket with TLS, or without. */
export type ConnectionKind = 'smp' | 'wss' | 'ws'

export const connectionKinds: readonly ConnectionKind[] = ['smp', 'wss', 'ws']

/** `refused`: what the other side said is not the protocol's; `failed`: it broke. */
export type HandshakeOutcome = 'done' | 'refused' | 'timeout' | 'failed'

const handshakeOutcomes: readonly HandshakeOutcome[] = ['done', 'refused', 'timeout', 'failed']

export class HandshakeMeasures {
  readonly outcomes = new Tally(handshakeOutcomes)
  /** Of those that were done. */
  readonly seconds = new Histogram()

  done(seconds: number, traceId?: string): void {
    this.outcomes.add('done')
    this.seconds.observe(seconds, traceId)
  }
}

/** TCP connections of one port. */
export class SocketMeasures {
  accepted = 0
  closed = 0
}

export class TransportMeasures {
  readonly sockets = new Map<number, SocketMeasures>()
  readonly tls = new HandshakeMeasures()
  readonly smp = new HandshakeMeasures()
  /** SMP sessions that are open. */
  readonly open: Record<ConnectionKind, number> = { smp: 0, wss: 0, ws: 0 }
  /** SMP sessions ever. */
  readonly opened: Record<ConnectionKind, number> = { smp: 0, wss: 0, ws: 0 }

  sessionOpened(kind: ConnectionKind): void {
    this.open[kind] += 1
    this.opened[kind] += 1
  }

  sessionClosed(kind: ConnectionKind): void {
    this.open[kind] -= 1
  }
}
