/** Connections that only know whether they were asked to leave. */
import { mock } from 'node:test'
import type { Drainable } from '../../../src/lifecycle/drain.ts'
import type { Leaver } from '../../../src/lifecycle/leavers.ts'
import { turn } from '../../support/clock.ts'

export class FakeConnection implements Leaver {
  readonly number: number
  isBusy = false
  isLeaving = false
  readonly #left: (number: number) => void

  constructor(number: number, left: (number: number) => void) {
    this.number = number
    this.#left = left
  }

  leave(): void {
    this.isLeaving = true
    this.#left(this.number)
  }
}

/** Those that were asked to leave are gone at once, unless they are held. */
export class FakeTarget implements Drainable {
  readonly all: readonly FakeConnection[]
  /** In their order. */
  readonly left: number[] = []
  readonly happened: string[] = []
  readonly #present: Set<number>
  readonly #gone = Promise.withResolvers<void>()
  #held: ReadonlySet<number> = new Set()

  constructor(count: number) {
    this.all = Array.from({ length: count }, (_, i) => new FakeConnection(i, this.#leave))
    this.#present = new Set(this.all.keys())
    if (count === 0) this.#gone.resolve()
  }

  get connections(): readonly FakeConnection[] {
    return this.all.filter(({ number }) => this.#present.has(number))
  }

  get size(): number {
    return this.#present.size
  }

  /** These do not go when they are asked to. */
  hold(...numbers: number[]): void {
    this.#held = new Set(numbers)
  }

  stopAccepting(): void {
    this.happened.push('stopped accepting')
  }

  leaveOthers(): void {
    this.happened.push('left other relays')
  }

  cutOff(): number {
    this.happened.push('cut off')
    const busy = this.connections.filter(({ isBusy }) => isBusy).length
    for (const number of this.#present) this.#go(number)
    return busy
  }

  gone(): Promise<void> {
    return this.#gone.promise
  }

  readonly #leave = (number: number): void => {
    this.left.push(number)
    if (!this.#held.has(number)) this.#go(number)
  }

  #go(number: number): void {
    this.#present.delete(number)
    if (this.#present.size === 0) this.#gone.resolve()
  }
}

export interface Time {
  readonly now: () => number
  /** A tick of 100 ms after the other. */
  pass(seconds: number): Promise<void>
}

/** Runs with a clock and timers that only `pass` moves. */
export const withTime = async (run: (time: Time) => Promise<void>): Promise<void> => {
  mock.timers.enable({ apis: ['setTimeout', 'setInterval'] })
  let ms = 0
  const pass = async (seconds: number): Promise<void> => {
    for (let tick = 0; tick < Math.round(seconds * 10); tick += 1) {
      ms += 100
      mock.timers.tick(100)
      await turn()
    }
  }
  try {
    await run({ now: () => ms, pass })
  } finally {
    mock.timers.reset()
  }
}
