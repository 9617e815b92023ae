/** Work that was begun and has not ended. */

export class UnderWay<T> {
  /** What each is about. */
  readonly #all = new Map<Promise<void>, T>()

  get isEmpty(): boolean {
    return this.#all.size === 0
  }

  get subjects(): readonly T[] {
    return [...this.#all.values()]
  }

  add(work: Promise<void>, subject: T, ended: () => void): void {
    this.#all.set(work, subject)
    void work.finally(() => {
      this.#all.delete(work)
      ended()
    })
  }

  /** Resolves when all that is under way now has ended, or after that time. */
  async settled(withinMs?: number): Promise<void> {
    if (this.isEmpty) return
    const all = Promise.all(this.#all.keys())
    if (withinMs === undefined) return void (await all)
    const late = Promise.withResolvers<void>()
    const timer = setTimeout(late.resolve, withinMs)
    await Promise.race([all, late.promise])
    clearTimeout(timer)
  }
}
