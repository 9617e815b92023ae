/**
 * `npm run faults`: rounds of random faults under load, after each of which an auditor says whether
 * what clients saw is what the invariants promise. Ends with 1 when something is not.
 */
import { randomBytes } from 'node:crypto'
import {
  type Counts,
  countsOf,
  header,
  noCounts,
  reportText,
  roundLine,
  sumOf,
} from './faults/faults-text.ts'
import { Rig } from './faults/rig.ts'
import { type RoundResult, runRound } from './faults/round.ts'
import { type Plan, planRound, type Topology, topologies } from './faults/schedule.ts'
import { startForgetfulStore, startStore } from './faults/stores.ts'
import { fail, readOptions } from './options.ts'

const usage = `Usage: npm run faults -- [options]

  --rounds N          rounds (default 200)
  --minutes M         rounds until so many minutes are over, instead
  --from N            the number of the first round (default 0): a long run in parts
  --seed TEXT         what the schedules are made from (default: a new one, which is printed)
  --round N           that round of the seed alone
  --topologies LIST   of ${topologies.join(', ')} (default: all)
  --control           a Redis that loses what was answered OK: ends with 0 when every round finds it
  --help              prints this

A round's schedule depends on the seed, the topologies and its number alone. docs/faults.md says what is
done and what is checked.
`

const program = { name: 'faults', usage }
const { values } = readOptions(program, {
  options: {
    rounds: { type: 'string' },
    minutes: { type: 'string' },
    from: { type: 'string', default: '0' },
    seed: { type: 'string' },
    round: { type: 'string' },
    topologies: { type: 'string' },
    control: { type: 'boolean', default: false },
  },
})

const DEFAULT_ROUNDS = 200
const CONTROL_ROUNDS = 3

const numberOf = (name: string, text: string | undefined): number | undefined => {
  if (text === undefined) return undefined
  const value = Number(text)
  return Number.isFinite(value) && value >= 0 ? value : fail(program, `--${name} is a number`)
}

const isTopology = (word: string): word is Topology =>
  topologies.some((topology) => topology === word)

const chosenTopologies = (): readonly Topology[] => {
  const words = values.topologies?.split(',') ?? topologies
  return words.every(isTopology) && words.length > 0
    ? words
    : fail(program, `--topologies is a list of ${topologies.join(', ')}`)
}

const seed = values.seed ?? randomBytes(4).toString('hex')
const minutes = numberOf('minutes', values.minutes)
const only = numberOf('round', values.round)
const first = numberOf('from', values.from) ?? 0
const schedule = { seed, topologies: chosenTopologies() }

/** Every round of a control kills the Redis that forgets. */
const planOf = (round: number): Plan => {
  const plan = planRound(schedule, round)
  if (!values.control) return plan
  const kill = { kind: 'kill-redis', atMs: plan.loadMs / 2, draw: 0, forMs: 100 } as const
  const others = plan.faults.filter(
    ({ kind }) => !['pause-redis', 'fail-over', 'kill-redis'].includes(kind),
  )
  return { ...plan, topology: 'memory', faults: [...others, kill] }
}

function* rounds(): IterableIterator<number> {
  if (only !== undefined) {
    yield only
    return
  }
  const deadline = performance.now() + (minutes ?? Number.POSITIVE_INFINITY) * 60_000
  const most =
    minutes === undefined
      ? values.control
        ? CONTROL_ROUNDS
        : DEFAULT_ROUNDS
      : Number.POSITIVE_INFINITY
  const count = numberOf('rounds', values.rounds) ?? most
  for (let round = 0; round < count && performance.now() < deadline; round += 1) yield first + round
}

const replayOf = (round: number): string => {
  const list = values.topologies === undefined ? '' : ` --topologies ${values.topologies}`
  return `npm run faults -- --seed ${seed}${list}${values.control ? ' --control' : ''} --round ${round}`
}

/** One rig for rounds in a row that want the same, as long as none of them went wrong. */
class Rigs implements AsyncDisposable {
  #rig: Rig | undefined
  #topology: Topology | undefined

  async for(topology: Topology): Promise<Rig> {
    if (this.#rig !== undefined && this.#topology === topology) return this.#rig
    await this.discard()
    this.#topology = topology
    this.#rig = await Rig.start(
      await (values.control ? startForgetfulStore() : startStore(topology)),
    )
    return this.#rig
  }

  async discard(): Promise<void> {
    await this.#rig?.[Symbol.asyncDispose]()
    this.#rig = undefined
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.discard()
  }
}

interface Totals {
  rounds: number
  faults: number
  wrong: number
  counts: Counts
}

const isAsExpected = ({ violations }: RoundResult): boolean =>
  values.control ? violations.some(({ kind }) => kind === 'lost') : violations.length === 0

const tell = (result: RoundResult, totals: Totals): void => {
  totals.rounds += 1
  totals.faults += result.plan.faults.length
  totals.counts = sumOf(totals.counts, countsOf(result.events))
  console.log(roundLine(result))
  if (result.violations.length > 0 && !values.control)
    console.log(`\n${reportText(result, replayOf(result.plan.round))}\n`)
  if (!isAsExpected(result)) totals.wrong += 1
}

const run = async (): Promise<Totals> => {
  const totals: Totals = { rounds: 0, faults: 0, wrong: 0, counts: noCounts }
  await using rigs = new Rigs()
  for (const round of rounds()) {
    const plan = planOf(round)
    try {
      const result = await runRound(await rigs.for(plan.topology), plan)
      tell(result, totals)
      if (result.violations.length > 0) await rigs.discard()
    } catch (error) {
      totals.wrong += 1
      console.log(
        `round ${round} (${plan.topology}) could not be run: ${error instanceof Error ? error.stack : error}`,
      )
      console.log(`again: ${replayOf(round)}`)
      await rigs.discard()
    }
  }
  return totals
}

console.log(`seed ${seed}\n\n${header}`)
const beganAt = performance.now()
const totals = await run()
const { accepted, delivered, unknown } = totals.counts
const took = ((performance.now() - beganAt) / 1000).toFixed(0)
console.log(
  `\nseed ${seed}: ${totals.rounds} rounds in ${took} s, ${totals.faults} faults; ${accepted} messages ` +
    `acknowledged, ${delivered} delivered, ${unknown} without an answer; ` +
    (values.control
      ? `${totals.wrong} rounds did not find the loss`
      : `${totals.wrong} rounds went wrong`),
)
if (totals.wrong > 0 || totals.rounds === 0) process.exitCode = 1
