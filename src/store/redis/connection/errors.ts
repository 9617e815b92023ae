/** What goes wrong between a pod and Redis, sorted by what the caller may do about it. */
import { StoreFull, StoreUnavailable } from '../../store-error.ts'

/** Redis did not run the command, so it can be sent again, here or elsewhere. */
export class NotRun extends Error {
  override readonly name = 'NotRun'
  readonly redirect: Redirect | undefined

  constructor(message: string, redirect?: Redirect) {
    super(message)
    this.redirect = redirect
  }
}

/** Another node serves the slot: from now on, or for this command (while the slot moves). */
export interface Redirect {
  readonly kind: 'moved' | 'ask'
  readonly host: string
  readonly port: number
}

/** `MOVED slot host:port`; the host is empty where it is the one that answered. */
const redirectOf = (word: string, rest: string): Redirect | undefined => {
  const end = /^\d+ (.*):(\d+)/.exec(rest)
  if (end === null) return undefined
  return { kind: word === 'MOVED' ? 'moved' : 'ask', host: end[1] ?? '', port: Number(end[2]) }
}

/** A server does not know the script yet: it is new, or forgot all. */
export const NO_SCRIPT = 'NOSCRIPT'

/** Answers of a server that is being started, replaced or reconfigured. */
const passing: ReadonlySet<string> = new Set([
  NO_SCRIPT,
  'TRYAGAIN',
  'CLUSTERDOWN',
  'LOADING',
  'MASTERDOWN',
  'READONLY',
  'NOREPLICAS',
  'BUSY',
])

/** Answers that time alone does not mend, or after which the command may have run all the same. */
const lasting: ReadonlySet<string> = new Set([
  'MISCONF',
  'NOAUTH',
  'NOPERM',
  'WRONGPASS',
  'UNBLOCKED',
])

/** The error of an answer; connections that break have errors of other kinds. */
export const errorOfReply = (error: Error): Error => {
  const { message } = error
  const [word = ''] = message.split(' ', 1)
  if (word === 'MOVED' || word === 'ASK')
    return new NotRun(word, redirectOf(word, message.slice(word.length + 1)))
  if (passing.has(word)) return new NotRun(word)
  if (word === 'OOM') return new StoreFull('Redis is full', { cause: error })
  if (lasting.has(word)) return new StoreUnavailable(`Redis answers ${word}`, { cause: error })
  return error
}
