/** Tries to connect: for a limited time, and to one host after the other. */
import { HandshakeError } from './errors.ts'
import { systemTimers, type Timers } from './timers.ts'

export interface AttemptOptions {
  /** Gives up connecting; a connection that is open is closed with `close()`. */
  readonly signal?: AbortSignal
  /** For TCP, TLS and SMP handshake of each host, in milliseconds. Default: 45,000. */
  readonly connectMs?: number
}

// Client.hs, background connections
const CONNECT_MS = 45_000

export interface Attempt {
  readonly signal: AbortSignal
  done(): void
}

/** Aborts after the time with a HandshakeError, or with the caller's signal and its reason. */
export const startAttempt = ({
  signal,
  connectMs = CONNECT_MS,
  timers,
}: AttemptOptions & { readonly timers?: Timers }): Attempt => {
  const controller = new AbortController()
  const cancelTimer = (timers ?? systemTimers).after(connectMs, () =>
    controller.abort(new HandshakeError('timeout', `no session within ${connectMs} ms`)),
  )
  const onAbort = (): void => controller.abort(signal?.reason)
  if (signal?.aborted) onAbort()
  signal?.addEventListener('abort', onAbort, { once: true })
  return {
    signal: controller.signal,
    done() {
      cancelTimer()
      signal?.removeEventListener('abort', onAbort)
    },
  }
}

/** What the first host gives that gives anything; of several failures the last one tells the reason. */
export const firstHost = async <T>(
  hosts: readonly string[],
  signal: AbortSignal | undefined,
  connect: (host: string) => Promise<T>,
): Promise<T> => {
  const failures: unknown[] = []
  for (const host of hosts) {
    try {
      return await connect(host)
    } catch (error) {
      if (signal?.aborted) throw signal.reason
      failures.push(error)
    }
  }
  if (failures.length === 1) throw failures[0]
  const last = failures.at(-1)
  const reason = last instanceof HandshakeError ? last.reason : 'unreachable'
  const cause = new AggregateError(failures)
  throw new HandshakeError(reason, 'no host of the server gave a session', { cause })
}

/** The caller's signal concerns the first connection only; that of the client every one. */
export const withFirst = (
  first: AbortSignal | undefined,
): ((signal: AbortSignal) => AbortSignal) => {
  let left = first
  return (signal) => {
    const both = left ? AbortSignal.any([signal, left]) : signal
    left = undefined
    return both
  }
}
