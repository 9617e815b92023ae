/**
 * The choices that an input is made from, as numbers on a tape: the same tape makes the same input
 * again, and a tape with a few changed numbers makes one that differs in a few of its parts.
 */
import type { Bytes } from '../../src/protocol/bytes.ts'

const RANGE = 2 ** 32

/** mulberry32: numbers from 0 up to 2^32, the same for the same seed. */
export const numbersOf = (seed: number): (() => number) => {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return (t ^ (t >>> 14)) >>> 0
  }
}

/** A seed of its own for each name and number below one seed. */
export const seedOf = (seed: number, name: string, index: number): number => {
  let hash = seed ^ 0x811c9dc5
  for (const character of `${name} ${index}`)
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193)
  return hash >>> 0
}

export type Tape = readonly number[]

export class Choices {
  readonly #given: Tape
  readonly #next: () => number
  readonly #tape: number[] = []

  /** Reads `given` first; what is wanted beyond it comes from the seed. */
  constructor(seed: number, given: Tape = []) {
    this.#given = given
    this.#next = numbersOf(seed)
  }

  /** All choices so far. */
  get tape(): Tape {
    return this.#tape
  }

  u32(): number {
    const value = this.#given[this.#tape.length] ?? this.#next()
    this.#tape.push(value)
    return value
  }

  /** From 0 up to `count`, not included. */
  below(count: number): number {
    return Math.floor((this.u32() / RANGE) * count)
  }

  between(min: number, max: number): number {
    return min + this.below(max - min + 1)
  }

  /** True in so many of a hundred. */
  percent(share: number): boolean {
    return this.below(100) < share
  }

  of<T>(first: T, ...others: readonly T[]): T {
    return others[this.below(others.length + 1) - 1] ?? first
  }

  /** Undefined for an empty list. */
  from<T>(list: readonly T[]): T | undefined {
    return list[this.below(list.length)]
  }

  /** One choice, however many bytes. */
  bytes(length: number): Bytes {
    const next = numbersOf(this.u32())
    const bytes = new Uint8Array(length)
    for (let i = 0; i < length; i += 4) {
      const number = next()
      for (let j = 0; j < 4 && i + j < length; j++) bytes[i + j] = number >>> (8 * j)
    }
    return bytes
  }
}

const MOST_CHANGES = 6

/** Some numbers of the tape anew, left out or doubled; at times with the end of another. */
export const changedTape = (tape: Tape, other: Tape, choices: Choices): Tape => {
  let changed = [...tape]
  for (let count = choices.between(1, MOST_CHANGES); count > 0; count--) {
    const at = choices.below(changed.length + 1)
    const kind = choices.below(8)
    if (kind < 4) changed[at] = choices.u32()
    else if (kind < 5) changed.splice(at, choices.between(1, 8))
    else if (kind < 6) changed.splice(at, 0, ...changed.slice(at, at + choices.between(1, 20)))
    else if (kind < 7) changed.splice(at, 0, choices.u32())
    else changed = [...changed.slice(0, at), ...other.slice(choices.below(other.length + 1))]
  }
  return changed
}
