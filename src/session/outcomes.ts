/** What commands can come to, so that each is counted from 0: a rate misses what begins with 1. */
import type { SessionMeasures } from '../measures/session-measures.ts'
import type { Tag } from '../protocol/command.ts'
import type { SmpError } from '../protocol/error.ts'

/** Of what cannot be read as a command. */
export const UNREADABLE = 'unreadable'
/** The connection is closed, or the other relay hears nothing. */
export const UNANSWERED = 'unanswered'

type Outcome = 'ok' | typeof UNANSWERED | Lowercase<SmpError['code']>

const own = ['ok', 'internal'] as const
const stored = [...own, UNANSWERED] as const
const onQueue = [...stored, 'auth'] as const
const onActive = [...onQueue, 'blocked'] as const

/**
 * Not all that is possible: what only a client out of its mind brings about is counted from its first
 * time on, such as the signature of a service where there is none.
 */
const outcomes: Readonly<Record<Tag | typeof UNREADABLE, readonly Outcome[]>> = {
  NEW: [...onQueue, 'cmd', 'quota', 'service', 'store'],
  SUB: [...onActive, 'cmd', 'quota', 'service'],
  SUBS: ['cmd', 'service'],
  KEY: [...onActive, 'store'],
  RKEY: [...onActive, 'store'],
  LSET: [...onActive, 'store'],
  LDEL: [...onActive, 'store'],
  NKEY: [...onActive, 'cmd', 'store'],
  NDEL: onActive,
  GET: [...onActive, 'cmd', 'quota'],
  ACK: [...onActive, 'no_msg'],
  OFF: [...onQueue, 'store'],
  DEL: onQueue,
  QUE: onActive,
  SKEY: [...onActive, 'store'],
  SEND: [...onActive, 'large_msg', 'quota'],
  LKEY: [...onActive, 'store'],
  LGET: onActive,
  NSUB: [...onQueue, 'cmd', 'quota', 'service', 'store'],
  NSUBS: [...stored, 'cmd', 'service'],
  PING: ['ok'],
  PRXY: [...own, 'proxy'],
  PFWD: [...own, 'crypto', 'proxy'],
  RFWD: [...stored, 'block', 'cmd', 'crypto', 'proxy'],
  [UNREADABLE]: ['block', 'cmd', 'session'],
}

export const beginCounting = ({ commands }: SessionMeasures): void => {
  for (const [tag, all] of Object.entries(outcomes))
    for (const outcome of all) commands.at(tag).outcomes.add(outcome, 0)
}
