/** SIGTERM and SIGINT: the first asks the command to stop, another one ends the process. */
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

/** As shells report it: 143 for SIGTERM, 130 for SIGINT. */
export const signalExitCode = (name: unknown): number =>
  128 + constants.signals[name === 'SIGINT' ? 'SIGINT' : 'SIGTERM']

export const stopOnSignals = (host: SignalHost): AbortSignal => {
  const controller = new AbortController()
  let firstAt = 0
  for (const name of stopSignals)
    host.on(name, () => {
      const { aborted, reason } = controller.signal
      if (!aborted) {
        firstAt = host.now()
        controller.abort(name)
      } else if (name !== reason || host.now() - firstAt >= ECHO_MS) {
        host.exit(signalExitCode(name))
      }
    })
  return controller.signal
}

/** Resolves when the signal is aborted. */
export const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
