/** What a program and a container have in common. */

export interface Running {
  /** Resolves when it has ended, also when it had before; one that was paused too. */
  end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void>
  pause(): Promise<void>
  resume(): Promise<void>
}

/**
 * Resolves when the server takes connections. It ends with this process, however that ends, and
 * its directory goes with it.
 * @throws LaunchError
 */
export type Launch = (args: readonly string[], directory: string) => Promise<Running>

export class LaunchError extends Error {
  override readonly name = 'LaunchError'
  readonly isPortTaken: boolean

  constructor(log: string) {
    super(`the Redis server did not start:\n${log}`)
    this.isPortTaken = /Failed listening on port|Address already in use/.test(log)
  }
}

/** A way to a Redis that this machine does not have; one line. */
export class Unavailable extends Error {
  override readonly name = 'Unavailable'
}

/** A sentinel never says that it is ready: its last word is its id. */
export const READY = /Ready to accept connections|Sentinel ID is/

export const START_LIMIT_MS = 60_000
