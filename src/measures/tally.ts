/** Counts by a word, of which there are few: never an id, an address, or anything a client writes. */

export class Tally<K extends string = string> {
  readonly #counts = new Map<K, number>()

  /** @param words those that are there from the beginning, at 0 */
  constructor(words: readonly K[] = []) {
    for (const word of words) this.#counts.set(word, 0)
  }

  add(key: K, count = 1): void {
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + count)
  }

  get(key: K): number {
    return this.#counts.get(key) ?? 0
  }

  [Symbol.iterator](): IterableIterator<[K, number]> {
    return this.#counts.entries()
  }
}

/** One of something for each word, made when it is first asked for if not before. */
export class ByWord<T> {
  readonly #all = new Map<string, T>()
  readonly #make: () => T

  /** @param words those that are there from the beginning */
  constructor(make: () => T, words: readonly string[] = []) {
    this.#make = make
    for (const word of words) this.at(word)
  }

  at(word: string): T {
    const present = this.#all.get(word)
    if (present !== undefined) return present
    const made = this.#make()
    this.#all.set(word, made)
    return made
  }

  /** What it is of a word that may not have been asked for. */
  find(word: string): T | undefined {
    return this.#all.get(word)
  }

  [Symbol.iterator](): IterableIterator<[string, T]> {
    return this.#all.entries()
  }
}
