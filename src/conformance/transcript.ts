/** What was said and heard in a check, of which a failure shows the end. */
const KEPT = 40

export class Transcript {
  readonly #lines: string[] = []

  said(who: string, what: string): void {
    this.#add(`${who} > ${what}`)
  }

  heard(who: string, what: string): void {
    this.#add(`${who} < ${what}`)
  }

  /** As they are now. */
  get lines(): readonly string[] {
    return [...this.#lines]
  }

  #add(line: string): void {
    this.#lines.push(line)
    if (this.#lines.length > KEPT) this.#lines.shift()
  }
}
