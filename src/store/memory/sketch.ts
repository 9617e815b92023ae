/**
 * Estimates how many different ids it was given, and keeps none of them: HyperLogLog (Flajolet et
 * al., 2007) with 4096 registers, a few in a hundred off. Ids are random, so they need no hashing.
 */

const INDEX_BITS = 12
const REGISTERS = 2 ** INDEX_BITS
const ALPHA = 0.7213 / (1 + 1.079 / REGISTERS)

/** 32 bits of an id, which has one character a byte. */
const word = (id: string, at: number): number =>
  (id.charCodeAt(at) << 24) |
  (id.charCodeAt(at + 1) << 16) |
  (id.charCodeAt(at + 2) << 8) |
  id.charCodeAt(at + 3)

export class Sketch {
  readonly #registers = new Uint8Array(REGISTERS)

  add(id: string): void {
    const index = word(id, 0) >>> (32 - INDEX_BITS)
    const rank = Math.clz32(word(id, 4)) + 1
    if (rank > (this.#registers[index] ?? 0)) this.#registers[index] = rank
  }

  clear(): void {
    this.#registers.fill(0)
  }

  get estimate(): number {
    let sum = 0
    let empty = 0
    for (const rank of this.#registers) {
      sum += 2 ** -rank
      if (rank === 0) empty += 1
    }
    const estimate = (ALPHA * REGISTERS ** 2) / sum
    // few ids leave registers empty, which tells more
    const isFew = estimate <= 2.5 * REGISTERS && empty > 0
    return Math.round(isFew ? REGISTERS * Math.log(REGISTERS / empty) : estimate)
  }
}
