/** Rounds one after the other, on rigs that are used as long as nothing went wrong. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ViolationKind } from './auditor.ts'
import { endTimes } from './end-times.ts'
import { type Counts, countsOf, noCounts, reportText, roundLine, sumOf } from './faults-text.ts'
import { Rig } from './rig.ts'
import { type RoundResult, runRound } from './round.ts'
import { type Plan, planRound, type ScheduleOptions, type Topology } from './schedule.ts'
import { noSlowCounts, type SlowCounts, shortText, slowCountsOf, sumOfSlow } from './slow-text.ts'
import { startForgetfulStore, startStore } from './stores.ts'

export interface RunOptions extends ScheduleOptions {
  readonly rounds: Iterable<number>
  /** A Redis that forgets what it has confirmed is killed in every round, and has to be found out. */
  readonly isControl: boolean
  /** What to type for a round to be run again. */
  readonly replay: (round: number) => string
  readonly print: (text: string) => void
}

export interface Totals {
  rounds: number
  faults: number
  /** Rounds that were not as expected, or could not be run. */
  wrong: number
  readonly counts: Map<Topology, Counts>
  slow: SlowCounts
  /** Milliseconds until those who were replaced knew it. */
  readonly endMs: number[]
}

class Rigs implements AsyncDisposable {
  readonly #isControl: boolean
  readonly #compiled: string
  #rig: Rig | undefined
  #topology: Topology | undefined

  private constructor(isControl: boolean, compiled: string) {
    this.#isControl = isControl
    this.#compiled = compiled
  }

  static async start(isControl: boolean): Promise<Rigs> {
    return new Rigs(isControl, await mkdtemp(join(tmpdir(), 'sluice-faults-')))
  }

  async for(topology: Topology): Promise<Rig> {
    if (this.#rig !== undefined && this.#topology === topology) return this.#rig
    await this.discard()
    this.#topology = topology
    const store = await (this.#isControl ? startForgetfulStore() : startStore(topology))
    this.#rig = await Rig.start(store, this.#compiled)
    return this.#rig
  }

  async discard(): Promise<void> {
    await this.#rig?.[Symbol.asyncDispose]()
    this.#rig = undefined
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.discard()
    await rm(this.#compiled, { recursive: true })
  }
}

const planOf = (options: RunOptions, round: number): Plan => {
  const plan = planRound(options, round)
  if (!options.isControl) return plan
  const atMs = plan.loadMs / 2
  const kill = { kind: 'kill-redis', atMs, draw: 0, forMs: 100 } as const
  // what waits when Redis forgets is lost; otherwise all may have been delivered by then
  const hold = { kind: 'hold-acks', atMs: atMs / 2, draw: 0, share: 1, forMs: atMs } as const
  const others = plan.faults.filter(
    ({ kind }) => kind !== 'pause-redis' && kind !== 'fail-over' && kind !== 'kill-redis',
  )
  return { ...plan, topology: 'memory', faults: [...others, hold, kill] }
}

/** What a Redis that forgets must look like. */
const LOSS: ViolationKind = 'lost'

const isAsExpected = ({ violations }: RoundResult, { isControl }: RunOptions): boolean =>
  isControl ? violations.some(({ kind }) => kind === LOSS) : violations.length === 0

const count = (result: RoundResult, options: RunOptions, totals: Totals): void => {
  const { topology, faults } = result.plan
  totals.rounds += 1
  totals.faults += faults.length
  if (!isAsExpected(result, options)) totals.wrong += 1
  const before = totals.counts.get(topology) ?? noCounts
  totals.counts.set(topology, sumOf(before, countsOf(result.events)))
  totals.slow = sumOfSlow(totals.slow, slowCountsOf(result.events))
  totals.endMs.push(...endTimes(result.events))
}

export const run = async (options: RunOptions): Promise<Totals> => {
  const { rounds, isControl, replay, print, seed } = options
  const totals: Totals = {
    ...{ rounds: 0, faults: 0, wrong: 0, counts: new Map() },
    ...{ slow: noSlowCounts, endMs: [] },
  }
  await using rigs = await Rigs.start(isControl)
  for (const round of rounds) {
    const plan = planOf(options, round)
    try {
      const result = await runRound(await rigs.for(plan.topology), plan)
      count(result, options, totals)
      print(roundLine(result, seed))
      const short = shortText(slowCountsOf(result.events))
      if (short !== undefined) print(short)
      if (result.violations.length === 0) continue
      if (!isControl) print(`\n${reportText(result, replay(round))}\n`)
    } catch (error) {
      totals.wrong += 1
      const why = error instanceof Error ? error.stack : error
      print(`round ${round}, ${plan.topology}, could not be run: ${why}\nagain: ${replay(round)}`)
    }
    await rigs.discard()
  }
  return totals
}
