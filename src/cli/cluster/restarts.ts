/** Whether a pod that ended is started again. */

/** A pod that ends within this time of its start has a fault that the next one has too. */
export const EARLY_MS = 5000
const EARLY_LIMIT = 3

export interface Life {
  readonly wasReady: boolean
  readonly ms: number
  readonly signal: NodeJS.Signals | undefined
}

/** What happened to one pod so far. */
export class Restarts {
  #early = 0

  /** False for the third life in a row that ended early. */
  isAllowedAfter({ wasReady, ms, signal }: Life): boolean {
    // `kill -9` is what this cluster is there for, however often
    const isFromOutside = wasReady && signal === 'SIGKILL'
    const isEarly = !isFromOutside && (!wasReady || ms < EARLY_MS)
    this.#early = isEarly ? this.#early + 1 : 0
    return this.#early < EARLY_LIMIT
  }
}
