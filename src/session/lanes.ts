/** Work in order for each key; work of different keys does not wait for each other. */

export class Lanes<K> {
  /** The last work of each key: the next one waits for it. */
  readonly #last = new Map<K, Promise<unknown>>()

  get keys(): IterableIterator<K> {
    return this.#last.keys()
  }

  /** Starts before this returns where nothing is to be waited for, as without a key. */
  async run<T>(key: K | undefined, work: () => Promise<T>): Promise<T> {
    if (key === undefined) return work()
    const previous = this.#last.get(key)
    const current = previous === undefined ? work() : previous.then(work, work)
    this.#last.set(key, current)
    try {
      return await current
    } finally {
      if (this.#last.get(key) === current) this.#last.delete(key)
    }
  }
}
