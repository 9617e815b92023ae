/**
 * Things in the order in which they were added, the first of which is at hand. A Set would do but for
 * its first entry: it is found behind the holes of all that were deleted before it.
 */

export interface Link<T> {
  older: T | undefined
  newer: T | undefined
}

/** A thing is in one chain at most. */
export class Chain<T extends Link<T>> {
  #first: T | undefined
  #last: T | undefined
  #size = 0

  get first(): T | undefined {
    return this.#first
  }

  get size(): number {
    return this.#size
  }

  add(thing: T): void {
    thing.older = this.#last
    thing.newer = undefined
    if (this.#last === undefined) this.#first = thing
    else this.#last.newer = thing
    this.#last = thing
    this.#size += 1
  }

  /** It must be in the chain. */
  remove(thing: T): void {
    const { older, newer } = thing
    if (older === undefined) this.#first = newer
    else older.newer = newer
    if (newer === undefined) this.#last = older
    else newer.older = older
    thing.older = undefined
    thing.newer = undefined
    this.#size -= 1
  }
}
