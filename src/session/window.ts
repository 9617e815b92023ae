/** Bounds the work in progress by the bytes that its answers may take. */

export class Window {
  readonly #limit: number
  #used = 0
  readonly #waiting: (() => void)[] = []

  constructor(limit: number) {
    this.#limit = limit
  }

  /** Resolves when there is room; whatever is alone has room. One caller at a time. */
  async enter(weight: number): Promise<void> {
    while (this.#used > 0 && this.#used + weight > this.#limit)
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    this.#used += weight
  }

  leave(weight: number): void {
    this.#used -= weight
    this.#waiting.shift()?.()
  }
}
