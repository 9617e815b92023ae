/**
 * `npm run fuzz`: a relay under inputs that are nearly right, at every place where bytes come in. Ends
 * with 1 for what a relay must never do, and saves the input.
 */
import { randomBytes } from 'node:crypto'
import { Campaign, type Memory, type Result } from './fuzz/campaign.ts'
import { type Found, loadFound, saveFound } from './fuzz/finding.ts'
import { InnerSide, isInner } from './fuzz/inner-side.ts'
import { againOutside } from './fuzz/outer-side.ts'
import { FuzzedRelay } from './fuzz/relay.ts'
import { fail, readOptions, withOptionalAddress } from './options.ts'
import { RedisUnderTest } from './redis-under-test.ts'
import { figure, machineLine, tableText, thisMachine } from './report.ts'

const MEGABYTE = 1e6
const MINUTE_MS = 60_000
/** A number that other processes can be told. */
const ENDLESS = '1e15'

const usage = `Usage: npm run fuzz -- [options]

  --minutes M     how long (default 1)
  --cases N       ends after so many cases, if that is sooner; without --minutes: whenever that is
  --seed S        the seed of all choices (default: a random one, which is printed)
  --only TEXT     only targets with this in their name
  --redis [URL]   the relay keeps its queues in Redis: one that is started, or the given one
  --heap MB       what heap and buffers may grow by after the warm-up (default 2)
  --rss MB        the same for the resident memory (default 48)
  --out FOLDER    where inputs are saved that find something (default fuzz-findings)
  --replay FILE   only the inputs that were saved there
  --json          prints one JSON object at the end, and nothing else to stdout
  --help          prints this
`

const program = { name: 'fuzz', usage }
const args = withOptionalAddress('--redis', process.argv.slice(2))
const { values: options } = readOptions(program, {
  args,
  options: {
    minutes: { type: 'string' },
    cases: { type: 'string' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 32)) },
    only: { type: 'string', default: '' },
    redis: { type: 'string' },
    heap: { type: 'string', default: '2' },
    rss: { type: 'string', default: '48' },
    out: { type: 'string', default: 'fuzz-findings' },
    replay: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
})

const print = (text: string): void => {
  if (!options.json) console.log(text)
}

const targetTable = ({ targets }: Result): string =>
  tableText(
    ['target', 'cases', 'inputs', 'cases/s'],
    targets.map(({ name, cases, inputs, ms }) => [
      name,
      cases.toLocaleString('en-US'),
      inputs.toLocaleString('en-US'),
      figure((cases * 1000) / ms),
    ]),
  )

const megabytes = (bytes: number): string => (bytes / MEGABYTE).toFixed(2)

const memoryTable = (memories: readonly Memory[]): string =>
  tableText(
    ['memory after warm-up', 'measure', 'first, MB', 'last, MB', 'growth', 'bound', ''],
    memories.flatMap(({ name, before, after, growths }) =>
      growths.map(({ measure, growth, bound, isFlat }) => [
        name,
        measure,
        ...[before[measure], after[measure], growth, bound].map(megabytes),
        isFlat ? 'flat' : 'GREW',
      ]),
    ),
  )

const report = (result: Result): void => {
  const cases = result.targets.reduce((sum, one) => sum + one.cases, 0)
  print(`\n${targetTable(result)}\n\n${memoryTable(result.memories)}\n`)
  const { conversations, functions } = result
  print(`${cases.toLocaleString('en-US')} cases; ${conversations} conversations of a good client`)
  if (functions > 0) print(`${functions} functions of the relay ran in sessions without sockets`)
}

const tell = async (found: Found): Promise<void> => {
  console.error(`\nfound, by ${found.target}: ${found.problem}`)
  if (found.inputs.length === 0) return
  const path = await saveFound(options.out, found)
  console.error(`see it again: npm run fuzz -- --replay ${path}`)
}

const start = async (redis: RedisUnderTest | undefined): Promise<FuzzedRelay> =>
  FuzzedRelay.start(
    redis && {
      SLUICE_REDIS_URL: redis.url,
      SLUICE_CLUSTER_KEY: randomBytes(32).toString('hex'),
      SLUICE_PARTITIONS: '16',
    },
  )

const run = async (relay: FuzzedRelay): Promise<void> => {
  const { minutes = options.cases === undefined ? '1' : ENDLESS, cases = ENDLESS } = options
  const seed = Number(options.seed)
  print(`${machineLine(thisMachine())}\nseed ${seed}`)
  const heap = Number(options.heap) * MEGABYTE
  const plan = {
    ...{ seed, only: options.only, onRound: print },
    cases: Number(cases),
    ms: Number(minutes) * MINUTE_MS,
    bounds: { heapUsed: heap, external: heap, rss: Number(options.rss) * MEGABYTE },
  }
  const result = await Campaign.run(plan, relay)
  report(result)
  if (options.json) console.log(JSON.stringify({ machine: thisMachine(), seed, ...result }))
  for (const found of result.found) await tell(found)
  if (result.found.length > 0) process.exitCode = 1
}

const replay = async (relay: FuzzedRelay, path: string): Promise<void> => {
  const found = await loadFound(path)
  print(`${found.target}, ${found.inputs.length} inputs; then: ${found.problem}`)
  const again = async (): Promise<string | undefined> => {
    if (!isInner(found.target)) return await againOutside(relay, found)
    await using inner = await InnerSide.start({ seed: 0, only: '' })
    return await inner.again(found)
  }
  const problem = await again()
  print(`now: ${problem ?? 'nothing wrong'}`)
  if (problem !== undefined) process.exitCode = 1
}

const numbers = [options.minutes ?? 1, options.cases ?? 1, options.heap, options.rss].map(Number)
if (!numbers.every((number) => number > 0) || !Number.isInteger(Number(options.seed)))
  fail(program, '--minutes, --cases, --heap and --rss are numbers above 0, --seed is a whole one')

const main = async (): Promise<void> => {
  await using redis =
    options.redis === undefined ? undefined : await RedisUnderTest.start(options.redis)
  await using relay = await start(redis)
  await (options.replay === undefined ? run(relay) : replay(relay, options.replay))
}

await main()
