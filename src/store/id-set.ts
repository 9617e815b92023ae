/**
 * A set of very many ids, 16 bytes a place instead of a string: it holds 106 bits of a hash of each,
 * so among a billion ids the chance that two are taken for one is one in 10^13.
 */
import { randomInt } from 'node:crypto'

const FIRST_PLACES = 1024
/** Of the places; beyond it they are doubled. */
const FULLEST = 0.6

/** 53 bits (cyrb53): two multiplicative hashes of 32 bits, mixed. */
const hash53 = (text: string, seed: number): number => {
  let a = 0xdeadbeef ^ seed
  let b = 0x41c6ce57 ^ seed
  for (let i = 0; i < text.length; i++) {
    const character = text.charCodeAt(i)
    a = Math.imul(a ^ character, 2654435761)
    b = Math.imul(b ^ character, 1597334677)
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909)
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909)
  return 4294967296 * (2097151 & b) + (a >>> 0)
}

export class IdSet {
  // not known to who chooses ids
  readonly #seeds = [randomInt(2 ** 32), randomInt(2 ** 32)] as const
  #places = new Float64Array(2 * FIRST_PLACES)
  #size = 0

  get size(): number {
    return this.#size
  }

  has(id: string): boolean {
    const [first, second] = this.#hashes(id)
    return this.#places[this.#placeOf(first, second)] !== 0
  }

  /** Whether it was not there yet. */
  add(id: string): boolean {
    const [first, second] = this.#hashes(id)
    const place = this.#placeOf(first, second)
    if (this.#places[place] !== 0) return false
    this.#places[place] = first
    this.#places[place + 1] = second
    this.#size += 1
    if (this.#size > FULLEST * (this.#places.length / 2)) this.#grow()
    return true
  }

  /** The first is never 0, which marks a free place. */
  #hashes(id: string): readonly [number, number] {
    return [hash53(id, this.#seeds[0]) || 1, hash53(id, this.#seeds[1])]
  }

  /** Where it is, or where it would be put. */
  #placeOf(first: number, second: number): number {
    const places = this.#places
    let place = 2 * (first % (places.length / 2))
    while (places[place] !== 0 && (places[place] !== first || places[place + 1] !== second))
      place = (place + 2) % places.length
    return place
  }

  #grow(): void {
    const old = this.#places
    this.#places = new Float64Array(2 * old.length)
    for (let at = 0; at < old.length; at += 2) {
      const [first = 0, second = 0] = old.subarray(at, at + 2)
      if (first === 0) continue
      const place = this.#placeOf(first, second)
      this.#places[place] = first
      this.#places[place + 1] = second
    }
  }
}
