/**
 * SIGTERM and SIGINT: the first asks the command to stop, the next one to hurry where it can, and
 * another one ends the process.
 */
import { constants } from 'node:os'

const stopSignals = ['SIGTERM', 'SIGINT'] as const
type StopSignal = (typeof stopSignals)[number]

/**
 * One Ctrl-C can come twice: a terminal sends it to every process of the group, and npm and our
 * launcher pass on what they get. So the same signal this soon is the same request.
 */
const ECHO_MS = 500

export interface SignalHost {
  on(signal: StopSignal, listener: () => void): unknown
  exit(code: number): void
  /** Milliseconds of a clock that never goes back. */
  now(): number
}

export interface StopRequests {
  readonly signal: AbortSignal
  /** Aborted by the second signal, which ends the process where nobody has asked for this. */
  hurry(): AbortSignal
}

/** As shells report it: 143 for SIGTERM, 130 for SIGINT. */
export const signalExitCode = (name: unknown): number =>
  128 + constants.signals[name === 'SIGINT' ? 'SIGINT' : 'SIGTERM']

export const stopOnSignals = (host: SignalHost): StopRequests => {
  const stop = new AbortController()
  let hurry: AbortController | undefined
  let last: { readonly name: StopSignal; readonly at: number } | undefined
  const isEcho = (name: StopSignal): boolean =>
    name === last?.name && host.now() - last.at < ECHO_MS
  for (const name of stopSignals)
    host.on(name, () => {
      if (isEcho(name)) return
      last = { name, at: host.now() }
      if (!stop.signal.aborted) stop.abort(name)
      else if (hurry?.signal.aborted === false) hurry.abort(name)
      else host.exit(signalExitCode(name))
    })
  return {
    signal: stop.signal,
    hurry: () => {
      hurry ??= new AbortController()
      return hurry.signal
    },
  }
}

/** Resolves when the signal is aborted. */
export const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
