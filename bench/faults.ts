/**
 * `npm run faults`: rounds of random faults under load, after each of which an auditor says whether
 * what clients saw is what the invariants promise. Ends with 1 when something is not.
 */
import { randomBytes } from 'node:crypto'
import { header, totalsText } from './faults/faults-text.ts'
import { run } from './faults/run.ts'
import { type Topology, topologies } from './faults/schedule.ts'
import { isHollow } from './faults/slow-text.ts'
import { fail, readOptions } from './options.ts'

const DEFAULT_ROUNDS = 200
const CONTROL_ROUNDS = 3
const MS_OF_MINUTE = 60_000

const usage = `Usage: npm run faults -- [options]

  --rounds N          rounds (default ${DEFAULT_ROUNDS})
  --minutes M         rounds as long as there is time, instead
  --seed TEXT         what the schedules are made from (default: a new one, which is printed)
  --round N           that round of the seed alone
  --from N            the number of the first round (default 0): a long run in parts
  --topologies LIST   of ${topologies.join(', ')} (default: all)
  --control           a Redis that loses what was answered OK: ends with 0 when every round finds it
  --help              prints this

A round's schedule depends on the seed, the topologies and its number alone. docs/faults.md says
what is done and what is checked.
`

const program = { name: 'faults', usage }
const { values } = readOptions(program, {
  options: {
    rounds: { type: 'string' },
    minutes: { type: 'string' },
    seed: { type: 'string', default: randomBytes(4).toString('hex') },
    round: { type: 'string' },
    from: { type: 'string', default: '0' },
    topologies: { type: 'string', default: topologies.join() },
    control: { type: 'boolean', default: false },
  },
})

const numberOf = (name: 'rounds' | 'minutes' | 'round' | 'from'): number | undefined => {
  const text = values[name]
  if (text === undefined) return undefined
  return /^\d+$/.test(text) ? Number(text) : fail(program, `--${name} is a whole number`)
}

const isTopology = (word: string): word is Topology => topologies.some((one) => one === word)

const chosenTopologies = (): readonly Topology[] => {
  const words = values.topologies.split(',')
  const list = topologies.join(', ')
  return words.every(isTopology) ? words : fail(program, `--topologies is a list of ${list}`)
}

const numbers = {
  only: numberOf('round'),
  from: numberOf('from') ?? 0,
  rounds: numberOf('rounds'),
  minutes: numberOf('minutes'),
}

function* rounds(): IterableIterator<number> {
  const { only, from, minutes = Number.POSITIVE_INFINITY } = numbers
  const usual = values.control ? CONTROL_ROUNDS : DEFAULT_ROUNDS
  const isTimed = numbers.minutes !== undefined
  const count = numbers.rounds ?? (isTimed ? Number.POSITIVE_INFINITY : usual)
  const deadline = performance.now() + minutes * MS_OF_MINUTE
  if (only !== undefined) yield only
  else for (let i = 0; i < count && performance.now() < deadline; i += 1) yield from + i
}

const replay = (round: number): string => {
  const list = values.topologies === topologies.join() ? '' : ` --topologies ${values.topologies}`
  const control = values.control ? ' --control' : ''
  return `npm run faults -- --seed ${values.seed}${list}${control} --round ${round}`
}

const schedule = { seed: values.seed, topologies: chosenTopologies() }
console.log(`seed ${values.seed}\n\n${header}`)
const beganAt = performance.now()
const isControl = values.control
const totals = await run({ ...schedule, rounds: rounds(), isControl, replay, print: console.log })
const seconds = (performance.now() - beganAt) / 1000
console.log(`\n${totalsText(totals, { seed: values.seed, seconds, isControl })}`)
const isVain = !isControl && isHollow(totals.slow)
const isWrong = totals.wrong > 0 || totals.rounds === 0 || isVain
// all is said: a pipe of some process that was killed must not keep this one
process.exit(isWrong ? 1 : 0)
