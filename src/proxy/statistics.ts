/** How often what was forwarded, in the reference's terms (`pRelays`, `pMsgFwds`); no names. */
import type { SmpError } from '../protocol/error.ts'
import type { Reply } from '../protocol/reply.ts'

export interface Counts {
  requests: number
  successes: number
  /** No connection, or no session any more. */
  connectErrors: number
  /** No version in common, or no key. */
  compatibilityErrors: number
  otherErrors: number
}

/** For all relays, and for those of the operator's own domains among them. */
export interface CountsBySource {
  readonly all: Counts
  readonly own: Counts
}

type Outcome = Exclude<keyof Counts, 'requests'>

const newCounts = (): Counts => ({
  requests: 0,
  successes: 0,
  connectErrors: 0,
  compatibilityErrors: 0,
  otherErrors: 0,
})

const sessionError = (error: SmpError): Outcome => {
  if (error.code === 'INTERNAL') return 'connectErrors'
  if (error.code !== 'PROXY' || error.proxy.code !== 'BROKER') return 'otherErrors'
  const { error: broker } = error.proxy
  if (broker.code === 'NETWORK' || broker.code === 'TIMEOUT') return 'connectErrors'
  const isCompatibility = broker.code === 'TRANSPORT' && !broker.transport.startsWith('HANDSHAKE')
  return isCompatibility ? 'compatibilityErrors' : 'otherErrors'
}

const commandError = (error: SmpError): Outcome => {
  if (error.code !== 'PROXY') return 'otherErrors'
  // the other relay did answer
  if (error.proxy.code === 'PROTOCOL') return 'successes'
  return error.proxy.code === 'NO_SESSION' ? 'connectErrors' : 'otherErrors'
}

const count = (counts: CountsBySource, isOwn: boolean, outcome: Outcome): void => {
  for (const each of isOwn ? [counts.all, counts.own] : [counts.all]) {
    each.requests += 1
    each[outcome] += 1
  }
}

export class ProxyStatistics {
  /** PRXY. */
  readonly sessions: CountsBySource = { all: newCounts(), own: newCounts() }
  /** PFWD. */
  readonly commands: CountsBySource = { all: newCounts(), own: newCounts() }

  /** Sessions with other relays that are open. */
  openSessions = 0

  opened(closed: Promise<unknown>): void {
    this.openSessions += 1
    void closed.then(() => {
      this.openSessions -= 1
    })
  }

  addSession(reply: Reply<'PKEY' | 'ERR'>, isOwn: boolean): void {
    count(this.sessions, isOwn, reply.tag === 'ERR' ? sessionError(reply.error) : 'successes')
  }

  addCommand(reply: Reply<'PRES' | 'ERR'>, isOwn: boolean): void {
    count(this.commands, isOwn, reply.tag === 'ERR' ? commandError(reply.error) : 'successes')
  }
}
