/** Work under way, bounded by its weight; what concerns one queue is done in the order it was given. */

export class Lanes {
  readonly #limit: number
  readonly #tails = new Map<string, Promise<void>>()
  #weight = 0
  #failure: { readonly cause: unknown } | undefined
  #room: PromiseWithResolvers<void> | undefined

  constructor(limit: number) {
    this.#limit = limit
  }

  /**
   * Waits until there is room, not until the work is done.
   * @throws what work failed with
   */
  async add(lane: string, weight: number, work: () => Promise<void>): Promise<void> {
    while (this.#weight > 0 && this.#weight + weight > this.#limit) await this.#nextEnd()
    this.#check()
    this.#weight += weight
    const tail = this.#run(this.#tails.get(lane), work).finally(() => {
      this.#weight -= weight
      if (this.#tails.get(lane) === tail) this.#tails.delete(lane)
      this.#room?.resolve()
      this.#room = undefined
    })
    this.#tails.set(lane, tail)
  }

  /** @throws what work failed with */
  async drain(): Promise<void> {
    while (this.#weight > 0) await this.#nextEnd()
    this.#check()
  }

  /** After a failure nothing more is begun. */
  async #run(before: Promise<void> | undefined, work: () => Promise<void>): Promise<void> {
    await before
    if (this.#failure !== undefined) return
    try {
      await work()
    } catch (cause) {
      this.#failure ??= { cause }
    }
  }

  #check(): void {
    if (this.#failure !== undefined) throw this.#failure.cause
  }

  #nextEnd(): Promise<void> {
    this.#room ??= Promise.withResolvers<void>()
    return this.#room.promise
  }
}
