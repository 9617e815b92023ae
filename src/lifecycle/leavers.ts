/** Connections that are to be closed, as far as one has to know them for that, and in which order. */

export interface Leaver {
  /** Whether commands are under way. */
  readonly isBusy: boolean
  /** Whether it is going, or gone. */
  readonly isLeaving: boolean
  /** Answers what was received, then closes. Once. */
  leave(): void
}

/** From 0 to 1, without it. */
export type Random = () => number

/** How many are looked at for one that is idle. */
const LOOKS = 8

/** Takes one after the other, at random. */
export class Leavers {
  readonly #all: Leaver[]
  readonly #random: Random

  constructor(all: Iterable<Leaver>, random: Random) {
    this.#all = [...all]
    this.#random = random
  }

  get size(): number {
    return this.#all.length
  }

  /** Undefined when there is none that has not left by itself. */
  next(): Leaver | undefined {
    while (this.#all.length > 0) {
      const leaver = this.#take(this.#pick())
      if (leaver?.isLeaving === false) return leaver
    }
    return undefined
  }

  /** One without commands under way, if one is found soon. */
  nextIdle(): Leaver | undefined {
    for (let look = 0; look < LOOKS && this.#all.length > 0; look += 1) {
      const index = this.#pick()
      const leaver = this.#all[index]
      if (leaver?.isLeaving === true) this.#take(index)
      else if (leaver?.isBusy === false) return this.#take(index)
    }
    return this.next()
  }

  #pick(): number {
    return Math.floor(this.#random() * this.#all.length)
  }

  #take(index: number): Leaver | undefined {
    const taken = this.#all[index]
    const last = this.#all.pop()
    if (last !== undefined && last !== taken) this.#all[index] = last
    return taken
  }
}
