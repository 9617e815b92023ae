/**
 * How old things are that begin and end at any time: they are counted by when they began, so that
 * nothing is ever visited one by one.
 */

const SLOT_MS = 5_000
/** An hour; what began before is counted by the hour. */
const SLOTS = 720
const HOUR_MS = SLOT_MS * SLOTS

const slotOf = (at: number): number => Math.floor(at / SLOT_MS)
const hourOf = (slot: number): number => Math.floor(slot / SLOTS)

/** Times are milliseconds of one clock that never goes back. */
export class Ages {
  /** Of the slots of the last hour, each at its number modulo theirs. */
  readonly #recent = new Float64Array(SLOTS)
  /** Of those before, by hour. */
  readonly #older = new Map<number, number>()
  /** The newest slot that was counted in. */
  #newest = 0

  /** Something began then. */
  add(at: number): void {
    const slot = slotOf(at)
    this.#moveTo(slot)
    this.#change(slot, 1)
  }

  /** What began then has ended. */
  remove(at: number): void {
    this.#change(slotOf(at), -1)
  }

  /**
   * How many are how old: one count more than `bounds`, which are seconds, ascending, and no more than
   * an hour; an age on a bound is below it. To five seconds.
   */
  counts(now: number, bounds: readonly number[]): number[] {
    this.#moveTo(slotOf(now))
    const counts = Array.from({ length: bounds.length + 1 }, () => 0)
    const add = (index: number, count: number): void => {
      counts[index] = (counts[index] ?? 0) + count
    }
    for (const count of this.#older.values()) add(bounds.length, count)
    for (const [slot, count] of this.#slots()) {
      const seconds = this.#ageOf(slot * SLOT_MS, now) / 1000
      const index = bounds.findIndex((bound) => seconds <= bound)
      add(index === -1 ? bounds.length : index, count)
    }
    return counts
  }

  /** Seconds; 0 where there is nothing. To five seconds, of what is older than an hour to the hour. */
  oldest(now: number): number {
    this.#moveTo(slotOf(now))
    if (this.#older.size > 0)
      return this.#ageOf(Math.min(...this.#older.keys()) * HOUR_MS, now) / 1000
    const [first] = this.#slots()
    return first === undefined ? 0 : this.#ageOf(first[0] * SLOT_MS, now) / 1000
  }

  /** The oldest first, without those that have none. */
  *#slots(): Generator<readonly [slot: number, count: number]> {
    for (let slot = this.#newest - SLOTS + 1; slot <= this.#newest; slot += 1) {
      const count = slot < 0 ? 0 : (this.#recent[slot % SLOTS] ?? 0)
      if (count > 0) yield [slot, count]
    }
  }

  #ageOf(beganAt: number, now: number): number {
    return Math.max(0, now - beganAt)
  }

  #moveTo(slot: number): void {
    const end = Math.min(slot, this.#newest + SLOTS)
    for (let next = this.#newest + 1; next <= end; next += 1) this.#leave(next - SLOTS)
    this.#newest = Math.max(slot, this.#newest)
  }

  /** The slot is an hour old: its place is needed. */
  #leave(slot: number): void {
    if (slot < 0) return
    const count = this.#recent[slot % SLOTS] ?? 0
    this.#recent[slot % SLOTS] = 0
    this.#changeHour(slot, count)
  }

  #change(slot: number, by: number): void {
    if (slot <= this.#newest - SLOTS) this.#changeHour(slot, by)
    else this.#recent[slot % SLOTS] = (this.#recent[slot % SLOTS] ?? 0) + by
  }

  #changeHour(slot: number, by: number): void {
    const hour = hourOf(slot)
    const count = (this.#older.get(hour) ?? 0) + by
    if (count === 0) this.#older.delete(hour)
    else this.#older.set(hour, count)
  }
}
