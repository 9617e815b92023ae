/**
 * `npm run bench:auth`: does the time of ERR AUTH tell whether a queue exists? Each case compares
 * commands for queues that do not exist with the same commands for queues that do, sent by someone
 * without the right key. Prints ratios; asserts nothing.
 */
import type { EntityId } from '../src/protocol/ids.ts'
import { allCases, type Case, missingId } from './auth-cases.ts'
import { fail, readOptions } from './options.ts'
import { RawSession } from './raw-session.ts'
import { RelayUnderTest } from './relay-under-test.ts'
import { figure, machineLine, tableText, thisMachine } from './report.ts'
import { median } from './statistics.ts'

/** Microseconds; `low` and `high` are ratios of parts of the samples: how far noise alone goes. */
interface Comparison {
  readonly missing: number
  readonly existing: number
  readonly ratio: number
  readonly low: number
  readonly high: number
}

export interface CaseResult {
  readonly command: string
  readonly credential: string
  readonly existing: string
  readonly single: Comparison
  readonly block: Comparison
}

const COMMANDS_IN_BLOCK = 48
const SEGMENTS = 5

const anyOf = <T>(list: readonly T[]): T | undefined =>
  list[Math.floor(Math.random() * list.length)]

const existingId = ({ pool, idOf }: Case): EntityId => {
  const queue = anyOf(pool)
  return queue === undefined ? missingId() : idOf(queue)
}

const absentId = ({ missing = [] }: Case): EntityId => anyOf(missing) ?? missingId()

const checkRefused = (session: RawSession, answer: Uint8Array, count: number): void => {
  const replies = session.open(answer)
  const refused = replies.filter((reply) => reply.tag === 'ERR' && reply.error.code === 'AUTH')
  if (refused.length !== count)
    throw new Error(`${count} commands, ${refused.length} ERR AUTH: ${JSON.stringify(replies[0])}`)
}

/** Microseconds from the sealed block written to the answer's block read. */
const timeOf = async (
  session: RawSession,
  ids: readonly EntityId[],
  request: Case['request'],
): Promise<number> => {
  const block = session.seal(ids.map(request))
  const start = performance.now()
  session.send(block)
  const answer = await session.receive()
  const microseconds = (performance.now() - start) * 1000
  checkRefused(session, answer, ids.length)
  return microseconds
}

const ratioOf = (missing: readonly number[], existing: readonly number[]): number =>
  median(existing) / median(missing)

const comparisonOf = (missing: readonly number[], existing: readonly number[]): Comparison => {
  const length = Math.ceil(missing.length / SEGMENTS)
  const ratios = Array.from({ length: SEGMENTS }, (_, i) => {
    const part = (list: readonly number[]) => list.slice(i * length, (i + 1) * length)
    return ratioOf(part(missing), part(existing))
  })
  return {
    missing: median(missing),
    existing: median(existing),
    ratio: ratioOf(missing, existing),
    low: Math.min(...ratios),
    high: Math.max(...ratios),
  }
}

const compare = async (
  session: RawSession,
  one: Case,
  shape: { readonly commands: number; readonly samples: number },
): Promise<Comparison> => {
  const missing: number[] = []
  const existing: number[] = []
  const sample = async (list: number[], id: () => EntityId): Promise<void> => {
    const ids = Array.from({ length: shape.commands }, id)
    list.push(await timeOf(session, ids, one.request))
  }
  for (let i = 0; i < shape.samples; i++) {
    // in an order of no use to whatever warms up
    const missingFirst = Math.random() < 0.5
    if (missingFirst) await sample(missing, () => absentId(one))
    await sample(existing, () => existingId(one))
    if (!missingFirst) await sample(missing, () => absentId(one))
  }
  return comparisonOf(missing, existing)
}

const cells = ({ missing, existing, ratio, low, high }: Comparison) => [
  missing,
  existing,
  ratio.toFixed(3),
  `${low.toFixed(2)} to ${high.toFixed(2)}`,
]

const resultsText = (results: readonly CaseResult[]): string =>
  tableText(
    [
      'command',
      'credential',
      'existing queue',
      'one: missing, us',
      'existing, us',
      'ratio',
      'parts',
      `${COMMANDS_IN_BLOCK}: missing, us`,
      'existing, us',
      'ratio',
      'parts',
    ],
    results.map(({ command, credential, existing, single, block }) => [
      command,
      credential,
      existing,
      ...cells(single),
      ...cells(block),
    ]),
  )

const usage = `Usage: npm run bench:auth -- [options]

Ratios of the median times of ERR AUTH for existing and for missing queues, per command and kind of
credential: with one command in a block, and with ${COMMANDS_IN_BLOCK}, where differences add up.

  --json          prints one JSON object instead of a table
  --samples N     pairs of single commands for each case (default 600); a sixth as many blocks
  --help          prints this
`

const run = async (samples: number, isJson: boolean): Promise<void> => {
  await using relay = await RelayUnderTest.start()
  const cases = await allCases(relay)
  const session = await RawSession.open(relay.address)
  const results: CaseResult[] = []
  const shapes = {
    single: { commands: 1, samples },
    block: { commands: COMMANDS_IN_BLOCK, samples: Math.ceil(samples / 6) },
  }
  // a first pass warms up every path
  for (const one of cases) await compare(session, one, { commands: 8, samples: 20 })
  for (const one of cases) {
    const { command, credential, existing } = one
    await one.prepare?.(session)
    const single = await compare(session, one, shapes.single)
    const block = await compare(session, one, shapes.block)
    results.push({ command, credential, existing, single, block })
    if (!isJson) process.stderr.write('.')
  }
  session.close()
  if (!isJson) process.stderr.write('\n')
  const machine = thisMachine()
  if (isJson) console.log(JSON.stringify({ machine, samples, results }, undefined, 2))
  else {
    const ratios = results.map(({ block }) => block.ratio)
    const range = `${figure(Math.min(...ratios))} to ${figure(Math.max(...ratios))}`
    console.log(`\n${machineLine(machine)}\n\n${resultsText(results)}\n\nblock ratios: ${range}`)
  }
}

const program = { name: 'bench:auth', usage }
const { values: options } = readOptions(program, {
  options: {
    json: { type: 'boolean', default: false },
    samples: { type: 'string', default: '600' },
  },
})
const samples = Number(options.samples)
if (!Number.isInteger(samples) || samples < SEGMENTS * 6)
  fail(program, `--samples is a whole number from ${SEGMENTS * 6} on`)
await run(samples, options.json)
