/** What a connection heard and nobody took yet, and those who wait for some of it. */
export class Inbox<T> {
  readonly #items: T[] = []
  readonly #waiting = new Set<() => void>()
  #end: Error | undefined

  push(item: T): void {
    this.#items.push(item)
    this.#wake()
  }

  /** From now on those who wait fail, once what came before is taken. */
  end(error: Error): void {
    this.#end ??= error
    this.#wake()
  }

  /** All that is here. */
  takeAll(): readonly T[] {
    return this.#items.splice(0)
  }

  /**
   * The first one that fits, as soon as it is here; undefined when it is not in time.
   * @throws what the inbox was ended with, or the signal's reason
   */
  async take(
    fits: (item: T) => boolean,
    limits: { readonly ms: number; readonly signal: AbortSignal },
  ): Promise<T | undefined> {
    const late = performance.now() + limits.ms
    for (;;) {
      const at = this.#items.findIndex(fits)
      if (at >= 0) return this.#items.splice(at, 1)[0]
      limits.signal.throwIfAborted()
      if (this.#end !== undefined) throw this.#end
      const left = late - performance.now()
      if (left <= 0) return undefined
      await this.#change(left, limits.signal)
    }
  }

  #wake(): void {
    for (const wake of [...this.#waiting]) wake()
  }

  #change(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer)
        signal.removeEventListener('abort', done)
        this.#waiting.delete(done)
        resolve()
      }
      const timer = setTimeout(done, ms)
      signal.addEventListener('abort', done, { once: true })
      this.#waiting.add(done)
    })
  }
}
