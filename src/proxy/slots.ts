/** A bounded number of things at a time; what waits too long for its turn is turned away. */

export class Slots {
  readonly #limit: number
  readonly #waitMs: number
  #used = 0
  readonly #waiting = new Set<() => void>()

  constructor(limit: number, waitMs: number) {
    this.#limit = limit
    this.#waitMs = waitMs
  }

  /** Whether there is a place, which is then to be left. */
  async enter(): Promise<boolean> {
    if (this.#used < this.#limit) {
      this.#used += 1
      return true
    }
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(wake)
        resolve(false)
      }, this.#waitMs)
      const wake = (): void => {
        clearTimeout(timer)
        this.#waiting.delete(wake)
        resolve(true)
      }
      this.#waiting.add(wake)
    })
  }

  /** The place goes to whoever has waited longest. */
  leave(): void {
    const [next] = this.#waiting
    if (next === undefined) this.#used -= 1
    else next()
  }
}
