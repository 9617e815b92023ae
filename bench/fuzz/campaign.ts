/** A whole run: every target in rounds, memory and connections in between, a good client beside it. */
import { setTimeout as delay } from 'node:timers/promises'
import type { MemoryUsage } from '../processes/own-usage.ts'
import {
  type Growth,
  growthOf,
  type MemoryBounds,
  type MemoryMeasure,
  type Reading,
} from '../soak-verdict.ts'
import { Control } from './control.ts'
import { type Found, FoundError, problemOf } from './finding.ts'
import { InnerSide } from './inner-side.ts'
import { OuterSide } from './outer-side.ts'
import type { FuzzedRelay } from './relay.ts'
import type { Side, TargetTotals } from './side.ts'

const ROUNDS = 9
/** Of the rounds: until processes have their size, and inputs have been kept. */
const WARM_UP = 3
const BETWEEN_CONVERSATIONS_MS = 50
/** At the end of a round, until what was left half-open is gone and memory is read. */
const TAIL_MS = 3_000
const SHORTEST_ROUND_MS = 500
/** A process that makes its inputs itself has their code on its heap, and holes where they were. */
const ownInputs = ({ heapUsed, external, rss }: MemoryBounds): MemoryBounds => ({
  heapUsed: 2 * heapUsed,
  external,
  rss: 4 * rss,
})
/** Of the cases: most are made where no socket costs anything. */
const INNER_SHARE = 0.8

export interface Plan {
  readonly seed: number
  /** Of all targets; whichever of the two is over first. */
  readonly cases: number
  readonly ms: number
  readonly bounds: MemoryBounds
  /** Only targets with this in their names. */
  readonly only: string
  readonly onRound: (round: string) => void
}

/** Of one process, after garbage collection and without connections of the fuzz. */
export interface Memory {
  readonly name: string
  readonly before: MemoryUsage
  readonly after: MemoryUsage
  readonly growths: readonly Growth<MemoryMeasure>[]
}

export interface Result {
  readonly targets: readonly TargetTotals[]
  readonly memories: readonly Memory[]
  readonly conversations: number
  /** Functions of the relay that ran in sessions without sockets. */
  readonly functions: number
  readonly found: readonly Found[]
}

type Row = Reading<MemoryMeasure> & MemoryUsage

/** What concerns no input alone. */
const general = (problem: string): Found => ({ target: 'all', problem, inputs: [] })

export class Campaign {
  readonly #plan: Plan
  readonly #relay: FuzzedRelay
  readonly #control: Control
  readonly #sides: readonly { readonly side: Side; readonly share: number; readonly rows: Row[] }[]
  readonly #inner: InnerSide
  readonly #found: Found[] = []

  private constructor(plan: Plan, relay: FuzzedRelay, control: Control, inner: InnerSide) {
    this.#plan = plan
    this.#relay = relay
    this.#control = control
    this.#inner = inner
    const outer = new OuterSide(relay, plan)
    this.#sides = [
      { side: inner, share: INNER_SHARE, rows: [] },
      { side: outer, share: 1 - INNER_SHARE, rows: [] },
    ]
  }

  static async run(plan: Plan, relay: FuzzedRelay): Promise<Result> {
    await using inner = await InnerSide.start(plan)
    await using control = await Control.connect(relay.relay)
    return await new Campaign(plan, relay, control, inner).#run()
  }

  async #run(): Promise<Result> {
    await this.#control.converse()
    const before = await this.#relay.sockets()
    const end = performance.now() + this.#plan.ms
    for (let round = 1; round <= ROUNDS && this.#found.length === 0; round++) {
      const left = (end - performance.now()) / (ROUNDS + 1 - round)
      await this.#round(Math.max(SHORTEST_ROUND_MS, left - TAIL_MS))
      if (round === WARM_UP) await this.#inner.goUnguided()
      await this.#between(round)
    }
    const after = await this.#relay.sockets()
    if (this.#found.length === 0 && after > before)
      this.#found.push(general(`${after} sockets are open instead of ${before}`))
    const memories = this.#memories()
    for (const { name, growths } of memories)
      for (const { measure, growth, isFlat } of growths)
        if (!isFlat) this.#found.push(general(`${measure} of ${name} grew by ${growth} bytes`))
    return {
      targets: this.#sides.flatMap(({ side }) => side.totals),
      memories,
      conversations: this.#control.conversations,
      functions: this.#inner.functions,
      found: this.#found,
    }
  }

  async #round(ms: number): Promise<void> {
    const { cases } = this.#plan
    const isOver = new AbortController()
    const good = this.#converse(isOver.signal)
    const sides = this.#sides.map(({ side, share }) =>
      side.run({ cases: (cases * share) / ROUNDS, ms }),
    )
    for (const outcome of await Promise.allSettled(sides)) this.#judge(outcome)
    isOver.abort()
    this.#judge(await Promise.allSettled([good]).then(([outcome]) => outcome))
  }

  #judge(outcome: PromiseSettledResult<void>): void {
    if (outcome.status === 'fulfilled') return
    const { reason } = outcome
    this.#found.push(reason instanceof FoundError ? reason.found : general(problemOf(reason)))
  }

  async #converse(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#control.converse()
      await delay(BETWEEN_CONVERSATIONS_MS)
    }
  }

  async #between(round: number): Promise<void> {
    // what is wrong then shows in other ways too
    if (this.#found.length > 0) return
    try {
      for (const { side, rows } of this.#sides) {
        await side.settle()
        const commands = side.totals.reduce((sum, { cases }) => sum + cases, 0)
        rows.push({ commands, ...(await side.memory()) })
      }
    } catch (error) {
      this.#found.push(general(problemOf(error)))
      return
    }
    const all = this.#sides.flatMap(({ rows }) => rows.at(-1) ?? [])
    const cases = all.reduce((sum, { commands }) => sum + commands, 0)
    this.#plan.onRound(`round ${round} of ${ROUNDS}: ${cases.toLocaleString('en-US')} cases`)
  }

  #memories(): readonly Memory[] {
    return this.#sides.flatMap(({ side, rows }): Memory[] => {
      const [before, after] = [rows[WARM_UP - 1], rows.at(-1)]
      if (before === undefined || after === undefined || rows.length < ROUNDS) return []
      const { bounds } = this.#plan
      const own = side === this.#inner ? ownInputs(bounds) : bounds
      const growths = growthOf<MemoryMeasure>(rows, before.commands, own)
      return [{ name: side.name, before, after, growths }]
    })
  }
}
