/** Stores whose calls a test can hold, release, delay and fail. */
import assert from 'node:assert/strict'
import type { QueueStore } from '../../src/store/store.ts'
import { turn } from './clock.ts'

export type StoreCall = Exclude<keyof QueueStore, 'shareLoad'>

/** Stands between the sessions and the store. */
export interface StoreInBetween {
  readonly wrap: (inner: QueueStore) => QueueStore
  /** Lets everything go on that waits. */
  releaseAll(): void
}

type Run = (
  call: StoreCall,
  run: () => Promise<unknown>,
  args: readonly unknown[],
) => Promise<unknown>

const intercept = (inner: QueueStore, around: Run): QueueStore =>
  new Proxy(inner, {
    get: (target, name) => {
      const call = name as StoreCall
      const method = Reflect.get(target, call, target) as (...args: unknown[]) => Promise<unknown>
      return (...args: unknown[]) => around(call, () => method.apply(target, args), args)
    },
  })

/** Where a held call waits: before the store does anything, or with the answer already made. */
export type HoldPoint = 'before' | 'after'

const PATIENCE = 100

/** Calls of one method that wait. */
export class Gate {
  readonly #waiting: { resolve(): void; reject(error: Error): void }[] = []
  #error: Error | undefined
  #isOpen = false

  get waiting(): number {
    return this.#waiting.length
  }

  /** Resolves when so many calls wait. */
  async holds(count = 1): Promise<void> {
    for (let turns = 0; turns < PATIENCE && this.waiting < count; turns++) await turn()
    assert.equal(this.waiting, count, 'calls that wait')
  }

  /** Lets the first call that waits go on. */
  releaseOne(): void {
    this.#waiting.shift()?.resolve()
  }

  /** Lets the call go on that came last. */
  releaseLast(): void {
    this.#waiting.pop()?.resolve()
  }

  /** Lets all calls go on, later ones too. */
  release(): void {
    this.#isOpen = true
    for (const { resolve } of this.#waiting.splice(0)) resolve()
  }

  /** Fails all calls that wait, and later ones. */
  fail(error = new Error('the store is away')): void {
    this.#error = error
    for (const { reject } of this.#waiting.splice(0)) reject(error)
  }

  async pass(): Promise<void> {
    if (this.#error !== undefined) throw this.#error
    if (this.#isOpen) return
    await new Promise<void>((resolve, reject) => this.#waiting.push({ resolve, reject }))
  }
}

export class HeldStore implements StoreInBetween {
  readonly #gates = new Map<StoreCall, { readonly gate: Gate; readonly at: HoldPoint }>()
  readonly #answers = new Map<StoreCall, (...args: readonly unknown[]) => unknown>()
  /** How often each method was called. */
  readonly calls = new Map<StoreCall, number>()

  /** Calls of this method wait from now on. */
  hold(call: StoreCall, at: HoldPoint = 'before'): Gate {
    const gate = new Gate()
    this.#gates.set(call, { gate, at })
    return gate
  }

  /** Calls of this method fail from now on. */
  break(call: StoreCall): Gate {
    const gate = this.hold(call)
    gate.fail()
    return gate
  }

  /** Lets all calls that wait go on; those that fail go on failing. */
  releaseAll(): void {
    for (const { gate } of this.#gates.values()) gate.release()
  }

  /** Calls of this method reach the store again. */
  mend(call: StoreCall): void {
    this.#gates.delete(call)
  }

  /** Calls of this method are answered without the store from now on. */
  answer(call: StoreCall, result: unknown): void {
    this.#answers.set(call, () => result)
  }

  /** As `answer`, where `answer` gives undefined the store is asked. */
  answerSome<C extends StoreCall>(
    call: C,
    answer: (...args: Parameters<QueueStore[C]>) => unknown,
  ): void {
    this.#answers.set(call, (...args) => answer(...(args as Parameters<QueueStore[C]>)))
  }

  readonly wrap = (inner: QueueStore): QueueStore =>
    intercept(inner, (call, run, args) => this.#run(call, run, args))

  async #run(
    call: StoreCall,
    run: () => Promise<unknown>,
    args: readonly unknown[],
  ): Promise<unknown> {
    this.calls.set(call, (this.calls.get(call) ?? 0) + 1)
    const held = this.#gates.get(call)
    if (held?.at === 'before') await held.gate.pass()
    const result = this.#answers.get(call)?.(...args) ?? (await run())
    if (held?.at === 'after') await held.gate.pass()
    return result
  }
}

export interface ChaosOptions {
  /** From 0 up to 1. */
  readonly random: () => number
  /** The longest delay before and after each call, in turns of the event loop. */
  readonly turns: number
  /** Of all calls, before or after they reach the store. */
  readonly faults?: number
}

/** A store far away, once it has begun: calls overtake each other, and some of them fail. */
export class ChaosStore implements StoreInBetween {
  readonly #options: ChaosOptions
  #isCalm = true

  constructor(options: ChaosOptions) {
    this.#options = options
  }

  readonly wrap = (inner: QueueStore): QueueStore =>
    intercept(inner, async (call, run) => {
      await this.#delay()
      this.#perhapsFail(call)
      const result = await run()
      await this.#delay()
      this.#perhapsFail(call)
      return result
    })

  begin(): void {
    this.#isCalm = false
  }

  /** From now on nothing is delayed and nothing fails. */
  releaseAll(): void {
    this.#isCalm = true
  }

  async #delay(): Promise<void> {
    const { random, turns } = this.#options
    for (let count = Math.floor(random() * (turns + 1)); count > 0; count--) {
      if (this.#isCalm) return
      await turn()
    }
  }

  #perhapsFail(call: StoreCall): void {
    const { random, faults = 0 } = this.#options
    if (!this.#isCalm && random() < faults) throw new Error(`${call} is lost on the way`)
  }
}
