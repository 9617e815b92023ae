/** How many of something all connections have together, and how many connections have some. */

export class Shares {
  total = 0
  holders = 0
}

/** What one connection has of it. */
export class Share {
  readonly #shares: Shares
  #count = 0

  constructor(shares: Shares) {
    this.#shares = shares
  }

  change(by: number): void {
    const before = this.#count
    this.#count += by
    this.#shares.total += by
    if (before === 0 && this.#count > 0) this.#shares.holders += 1
    else if (before > 0 && this.#count === 0) this.#shares.holders -= 1
  }

  /** The connection is gone. */
  giveUp(): void {
    this.change(-this.#count)
  }
}
