interface Link<T> {
  readonly value: T
  next?: Link<T>
}

type Waiter<T> = PromiseWithResolvers<IteratorResult<T, undefined>>

/**
 * Connects something that pushes to a loop that pulls. A push never waits: producers watch `size`.
 * A loop that is left early takes nothing with it; the next one goes on where it stopped.
 */
export class AsyncQueue<T> implements AsyncIterable<T, undefined, undefined> {
  #first: Link<T> | undefined
  #last: Link<T> | undefined
  #size = 0
  #end: { readonly error?: Error } | undefined
  readonly #waiters: Waiter<T>[] = []
  readonly #onTaken: (() => void) | undefined
  readonly #limit: number

  /** `onTaken` runs after each item taken; of more than `limit` items the oldest are dropped. */
  constructor(options: { readonly onTaken?: () => void; readonly limit?: number } = {}) {
    this.#onTaken = options.onTaken
    this.#limit = options.limit ?? Number.POSITIVE_INFINITY
  }

  /** Items that no consumer has taken. */
  get size(): number {
    return this.#size
  }

  get isEnded(): boolean {
    return this.#end !== undefined
  }

  /** Items pushed after the end are dropped. */
  push(value: T): void {
    if (this.#end !== undefined) return
    const waiter = this.#waiters.shift()
    if (waiter === undefined) this.#append(value)
    else waiter.resolve({ value, done: false })
  }

  /** Takes an item out of the middle; false if a consumer has it already. */
  remove(value: T): boolean {
    let before: Link<T> | undefined
    for (let link = this.#first; link !== undefined; link = link.next) {
      if (link.value === value) {
        this.#unlink(link, before)
        return true
      }
      before = link
    }
    return false
  }

  /** Ends the iteration after the items already there, with an error if one is given. */
  end(error?: Error): void {
    if (this.#end !== undefined) return
    this.#end = error === undefined ? {} : { error }
    for (const waiter of this.#waiters.splice(0)) this.#finish(waiter)
  }

  next(): Promise<IteratorResult<T, undefined>> {
    const link = this.#first
    if (link !== undefined) {
      this.#unlink(link)
      this.#onTaken?.()
      return Promise.resolve({ value: link.value, done: false })
    }
    const waiter: Waiter<T> = Promise.withResolvers()
    if (this.#end === undefined) this.#waiters.push(waiter)
    else this.#finish(waiter)
    return waiter.promise
  }

  [Symbol.asyncIterator](): AsyncIterator<T, undefined, undefined> {
    return { next: () => this.next() }
  }

  #append(value: T): void {
    const link: Link<T> = { value }
    if (this.#last === undefined) this.#first = link
    else this.#last.next = link
    this.#last = link
    this.#size += 1
    if (this.#size > this.#limit && this.#first !== undefined) this.#unlink(this.#first)
  }

  #unlink(link: Link<T>, before?: Link<T>): void {
    if (before === undefined) this.#first = link.next
    else if (link.next === undefined) delete before.next
    else before.next = link.next
    if (this.#last === link) this.#last = before
    this.#size -= 1
  }

  #finish(waiter: Waiter<T>): void {
    if (this.#end?.error === undefined) waiter.resolve({ value: undefined, done: true })
    else waiter.reject(this.#end.error)
  }
}
