/** Finds out that limits by address are useless: everybody seems to be one load balancer. */
import { isInside } from './network.ts'

/** So many connections in a row from one address inside. */
const ENOUGH = 100

export class SoleAddress {
  readonly #warn: () => void
  /** Kept until another one is seen, or enough of it. */
  #first: string | undefined
  #seen = 0
  #isOpen = true

  constructor(warn: () => void) {
    this.#warn = warn
  }

  /** Whether there is anything to find out. */
  get isOpen(): boolean {
    return this.#isOpen
  }

  saw(address: string): void {
    this.#first ??= address
    this.#seen += 1
    const isSole = address === this.#first && isInside(address)
    if (isSole && this.#seen < ENOUGH) return
    this.#isOpen = false
    this.#first = undefined
    if (isSole) this.#warn()
  }
}
