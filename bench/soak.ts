/**
 * `npm run soak`: a relay under a million commands of all kinds, with its memory read in between.
 * Ends with 1 when memory grew more than the bound, or an answer was not the one that was due.
 */
import { fail, readOptions } from './options.ts'
import type { MemoryUsage } from './processes/own-usage.ts'
import { RelayUnderTest } from './relay-under-test.ts'
import { figure, machineLine, tableText, thisMachine } from './report.ts'
import { SoakLane } from './soak-load.ts'
import { type Growth, growthOf, type Reading } from './soak-verdict.ts'

const MEGABYTE = 1e6
const LANES = 4
const READINGS = 20
/** Of all commands: until the process has found its size. */
const WARM_UP_SHARE = 0.25
const SHOWN_SURPRISES = 10

const usage = `Usage: npm run soak -- [options]

  --commands N    commands in all (default 1,000,000)
  --heap MB       what the heap, and buffers outside of it, may grow by after the warm-up (default 2)
  --rss MB        the same for the resident memory, which has holes of the allocator (default 48)
  --json          prints one JSON object at the end, and nothing else to stdout
  --help          prints this

Compares the medians of the first and the last third of the readings after a warm-up of ${WARM_UP_SHARE * 100} %,
all after garbage collection. Ends with 1 when one grew beyond its bound, or for a wrong answer.
`

interface Row extends Reading {
  readonly seconds: number
}

const megabytes = (bytes: number): string => (bytes / MEGABYTE).toFixed(2)

const line = ({ commands, seconds, rss, heapUsed, external }: Row): string =>
  [
    commands.toLocaleString('en-US').padStart(12),
    seconds.toFixed(0).padStart(8),
    ...[rss, heapUsed, external].map((bytes) => megabytes(bytes).padStart(10)),
  ].join('')

const header = ['commands', 'seconds', 'RSS, MB', 'heap, MB', 'external']
  .map((word, i) => word.padStart(i === 0 ? 12 : i === 1 ? 8 : 10))
  .join('')

const growthTable = (growths: readonly Growth[]): string =>
  tableText(
    ['growth after warm-up', 'MB', 'bytes a command', 'bound, MB', ''],
    growths.map(({ measure, bytes, bytesPerCommand, bound, isFlat }) => [
      measure,
      megabytes(bytes),
      figure(bytesPerCommand),
      megabytes(bound),
      isFlat ? 'flat' : 'GREW',
    ]),
  )

interface Soak {
  readonly rows: readonly Row[]
  readonly cpuPerCommand: number
  readonly surprises: readonly string[]
}

const soak = async (commands: number, onRow: (row: Row) => void): Promise<Soak> => {
  await using relay = await RelayUnderTest.start()
  const lanes = Array.from({ length: LANES }, () => new SoakLane(relay))
  const sum = (): number => lanes.reduce((all, lane) => all + lane.commands, 0)
  const rows: Row[] = []
  const start = performance.now()
  const { cpu } = await relay.measure(async () => {
    for (let reading = 1; reading <= READINGS; reading++) {
      const target = (commands * reading) / READINGS
      // all lanes are done and their queues deleted when memory is read
      await Promise.all(
        lanes.map(async (lane) => {
          while (sum() < target) await lane.run()
        }),
      )
      const { rss, heapUsed, external }: MemoryUsage = await relay.memory()
      const seconds = (performance.now() - start) / 1000
      const row = { commands: sum(), seconds, rss, heapUsed, external }
      rows.push(row)
      onRow(row)
    }
  })
  const surprises = lanes.flatMap((lane) => lane.surprises)
  return { rows, cpuPerCommand: cpu / sum(), surprises }
}

const program = { name: 'soak', usage }
const { values: options } = readOptions(program, {
  options: {
    commands: { type: 'string', default: '1000000' },
    heap: { type: 'string', default: '2' },
    rss: { type: 'string', default: '48' },
    json: { type: 'boolean', default: false },
  },
})

const run = async (): Promise<void> => {
  const commands = Number(options.commands)
  const bounds = {
    heapUsed: Number(options.heap) * MEGABYTE,
    rss: Number(options.rss) * MEGABYTE,
    external: Number(options.heap) * MEGABYTE,
  }
  const print = (text: string): void => {
    if (!options.json) console.log(text)
  }
  print(`${machineLine(thisMachine())}\n\n${header}`)
  const { rows, cpuPerCommand, surprises } = await soak(commands, (row) => print(line(row)))
  const growths = growthOf(rows, commands * WARM_UP_SHARE, bounds)
  const isFlat = growths.every((growth) => growth.isFlat)
  print(`\n${growthTable(growths)}\n\nrelay CPU: ${figure(cpuPerCommand)} us a command`)
  for (const surprise of surprises.slice(0, SHOWN_SURPRISES)) print(`wrong answer: ${surprise}`)
  if (options.json) {
    const machine = thisMachine()
    console.log(JSON.stringify({ machine, rows, growths, cpuPerCommand, surprises }, undefined, 2))
  }
  if (!isFlat || surprises.length > 0) process.exitCode = 1
}

const numbers = [options.commands, options.heap, options.rss].map(Number)
if (!numbers.every((number) => number > 0))
  fail(program, '--commands, --heap and --rss are numbers above 0')
await run()
