/** Numbers that depend on a text alone, so that a schedule can be made again from its seed. */
import { createHash } from 'node:crypto'

const RANGE = 2 ** 48

export class Random {
  readonly #text: string
  #drawn = 0

  constructor(text: string) {
    this.#text = text
  }

  /** From 0, below 1. */
  number(): number {
    this.#drawn += 1
    const digest = createHash('sha256').update(`${this.#text} ${this.#drawn}`).digest()
    return digest.readUIntBE(0, 6) / RANGE
  }

  /** Whole; both ends are possible. */
  between(from: number, to: number): number {
    return from + Math.floor(this.number() * (to - from + 1))
  }

  isTrue(probability: number): boolean {
    return this.number() < probability
  }

  pick<T>(all: readonly [T, ...T[]]): T {
    return all[this.between(0, all.length - 1)] ?? all[0]
  }

  shuffled<T>(all: readonly T[]): readonly T[] {
    return all
      .map((value) => ({ value, at: this.number() }))
      .sort((a, b) => a.at - b.at)
      .map(({ value }) => value)
  }
}
