/**
 * A bounded number of things at a time. Others wait their turn while some end; when none has for a
 * while, they are turned away at once, so that nobody is held up by what does not end.
 */

export class Slots {
  readonly #limit: number
  readonly #patienceMs: number
  #used = 0
  #lastLeftAt = 0
  readonly #waiting = new Set<() => void>()

  constructor(limit: number, patienceMs: number) {
    this.#limit = limit
    this.#patienceMs = patienceMs
  }

  /** Whether there is a place, which is then to be left. */
  async enter(): Promise<boolean> {
    if (this.#used < this.#limit) {
      this.#used += 1
      if (this.#used === this.#limit) this.#lastLeftAt = performance.now()
      return true
    }
    const remainingMs = this.#lastLeftAt + this.#patienceMs - performance.now()
    return remainingMs > 0 && this.#wait(remainingMs)
  }

  /** The place goes to whoever has waited longest. */
  leave(): void {
    this.#lastLeftAt = performance.now()
    const [next] = this.#waiting
    if (next === undefined) this.#used -= 1
    else next()
  }

  #wait(ms: number): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(wake)
        resolve(false)
      }, ms)
      const wake = (): void => {
        clearTimeout(timer)
        this.#waiting.delete(wake)
        resolve(true)
      }
      this.#waiting.add(wake)
    })
  }
}
