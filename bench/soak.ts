/**
 * `npm run soak`: a million commands of all kinds, or some time at half load on connections that
 * come and go. Ends with 1 when something grew more than its bound, or an answer was not the one
 * that was due.
 */
import { isRedisAddress } from '../src/store/redis/address.ts'
import { NoRedis } from '../test/support/redis/launcher.ts'
import { type ChurnMeasure, churnHead, churnLine, soakChurn } from './churn-soak.ts'
import { commandHead, commandLine, soakCommands } from './command-soak.ts'
import { fail, readOptions, withOptionalAddress } from './options.ts'
import { figure, machineLine, thisMachine } from './report.ts'
import { growthTable, MEGABYTE, type Shown, surprisesText } from './soak-text.ts'
import { type Growth, growthOf, type MemoryBounds, type MemoryMeasure } from './soak-verdict.ts'

/** Of all commands, or of the time: until the process has found its size. */
const WARM_UP_SHARE = 0.25
const FILES_BOUND = 2
/** Partitions get their counters with their first queue. */
const KEYS_BOUND = 32

const usage = `Usage: npm run soak -- [options]
       npm run soak -- --minutes N [--redis[=URL]] [options]

  --commands N    commands in all (default 1,000,000)
  --minutes N     instead: half of the messages a second that go through at most, for so long, on
                  connections that come and go, move to other pods, and make and delete queues
  --rate N        with --minutes: messages a second instead of half of what goes through
  --redis [URL]   with --minutes: two pods on a Redis started for this, or the given one; without it
                  one relay with the in-memory store
  --heap MB       what the heap, and buffers outside of it, may grow by after the warm-up (default 2)
  --rss MB        the same for the resident memory, which has holes of the allocator (default 48)
  --json          prints one JSON object at the end, and nothing else to stdout
  --help          prints this

Compares the medians of the first and the last third of the readings after a warm-up of ${WARM_UP_SHARE * 100} %,
all after garbage collection and with all queues deleted. Bounds are for each pod. Ends with 1 when
something grew beyond its bound, for a wrong answer, and for keys of queues that are left in Redis.
`

const program = { name: 'soak', usage }
const { values: options } = readOptions(program, {
  args: withOptionalAddress('--redis', process.argv.slice(2)),
  options: {
    commands: { type: 'string', default: '1000000' },
    minutes: { type: 'string' },
    rate: { type: 'string' },
    redis: { type: 'string' },
    heap: { type: 'string', default: '2' },
    rss: { type: 'string', default: '48' },
    json: { type: 'boolean', default: false },
  },
})

const print = (text: string): void => {
  if (!options.json) console.log(text)
}

const memoryBounds = (pods: number): MemoryBounds => ({
  heapUsed: Number(options.heap) * MEGABYTE * pods,
  external: Number(options.heap) * MEGABYTE * pods,
  rss: Number(options.rss) * MEGABYTE * pods,
})

const shown: Readonly<Record<ChurnMeasure, Shown>> = {
  heapUsed: { name: 'heap', isBytes: true },
  external: { name: 'external', isBytes: true },
  rss: { name: 'RSS', isBytes: true },
  openFiles: { name: 'open files', isBytes: false },
  redisKeys: { name: 'keys in Redis', isBytes: false },
  redisBytes: { name: 'memory of Redis', isBytes: true },
}

const conclude = (
  { growths, surprises }: { growths: readonly Growth[]; surprises: readonly string[] },
  figures: object,
): void => {
  if (options.json) {
    const machine = thisMachine()
    console.log(JSON.stringify({ machine, ...figures, growths, surprises }, undefined, 2))
  }
  print(surprisesText(surprises))
  if (!growths.every((growth) => growth.isFlat) || surprises.length > 0) process.exitCode = 1
}

const runCommands = async (): Promise<void> => {
  const commands = Number(options.commands)
  print(commandHead)
  const soak = await soakCommands(commands, (row) => print(commandLine(row)))
  const growths = growthOf<MemoryMeasure>(soak.rows, commands * WARM_UP_SHARE, memoryBounds(1))
  print(`\n${growthTable(growths, shown, 'command')}`)
  print(`\nrelay CPU: ${figure(soak.cpuPerCommand)} us a command`)
  conclude({ growths, surprises: soak.surprises }, soak)
}

const runChurn = async (minutes: number): Promise<void> => {
  print(churnHead)
  const rate = options.rate === undefined ? undefined : Number(options.rate)
  const churn = { minutes, rate, redisUrl: options.redis }
  const soak = await soakChurn(churn, (row) => print(churnLine(row)))
  const last = soak.rows.at(-1)
  const site = soak.redis ? `${soak.pods} pods on ${soak.redis}` : 'one pod, in-memory store'
  const growths = growthOf<ChurnMeasure>(soak.rows, (last?.commands ?? 0) * WARM_UP_SHARE, {
    ...memoryBounds(soak.pods),
    openFiles: FILES_BOUND * soak.pods,
    ...(soak.redis !== undefined && { redisKeys: KEYS_BOUND, redisBytes: MEGABYTE }),
  })
  print(`\n${growthTable(growths, shown, 'message')}`)
  print(
    `\n${site}: ${figure(soak.saturated)} messages/s ` +
      `at most, ${figure(soak.perSecond)} asked for; ${figure(soak.cpuPerMessage)} us of the pods ` +
      `for each, connections included; ${last?.takeOvers} subscriptions taken over, ` +
      `${last?.waited} messages waited for their recipients`,
  )
  conclude({ growths, surprises: soak.surprises }, soak)
}

const positive = ([name, value]: [string, unknown]): void => {
  if (value !== undefined && !(Number(value) > 0)) fail(program, `--${name} is a number above 0`)
}

const { commands, minutes, rate, heap, rss, redis } = options
Object.entries({ commands, minutes, rate, heap, rss }).forEach(positive)
if ((redis ?? rate) !== undefined && minutes === undefined)
  fail(program, '--redis and --rate go with --minutes')
if (redis && !isRedisAddress(redis)) fail(program, '--redis is not an address of Redis')
print(`${machineLine(thisMachine())}\n`)
try {
  await (minutes === undefined ? runCommands() : runChurn(Number(minutes)))
} catch (error) {
  if (!(error instanceof NoRedis)) throw error
  fail(program, redis ? 'no Redis answers at the address of --redis' : error.message)
}
