/** `npm run bench`: what the relay costs and how fast it is. Figures, never assertions. */
import { countBuffersWithHeap } from '../src/collector.ts'
import { isRedisAddress } from '../src/store/redis/address.ts'
import { NoRedis } from '../test/support/redis/launcher.ts'
import {
  clusterMessagesText,
  handshakesText,
  memoryText,
  messagesText,
  metricsText,
  profilesText,
  profileText,
  resubscriptionText,
  scrapesText,
  storageText,
  subscriptionsText,
} from './figures-text.ts'
import { floodText } from './flood-text.ts'
import { measureClusterMessages } from './measure-cluster-messages.ts'
import { measureFlood } from './measure-flood.ts'
import { measureHandshakes } from './measure-handshakes.ts'
import { measureMemory } from './measure-memory.ts'
import { measureMessages } from './measure-messages.ts'
import { measureMetrics } from './measure-metrics.ts'
import { measurePods } from './measure-pods.ts'
import { measureResubscription } from './measure-resubscription.ts'
import { measureRolling } from './measure-rolling.ts'
import { measureScale } from './measure-scale.ts'
import { measureScrapes } from './measure-scrapes.ts'
import { measureStorage } from './measure-storage.ts'
import { measureSubscriptions } from './measure-subscriptions.ts'
import { measureTracing } from './measure-tracing.ts'
import { fail, readOptions, withOptionalAddress } from './options.ts'
import { podsText } from './pods-text.ts'
import { machineLine, thisMachine } from './report.ts'
import { rollingText } from './rolling-text.ts'
import { scaleText } from './scale-text.ts'
import { tracingText } from './tracing-text.ts'

const usage = `Usage: npm run bench -- [messages] [subscriptions] [handshakes] [memory] [metrics] [tracing] [flood]
                            [scale] [options]
       npm run bench -- --redis[=URL] [messages] [pods] [storage] [resubscription] [rolling]
                            [scale] [options]

Measures the relay in a process of its own, with the load in this one. Without names: all parts, but
scale with --quick only, as it takes minutes and gigabytes.

  --redis [URL]   measures a cluster's relays and the Redis between them: one started for this, or
                  the given one, whose other keys stay as they are
  --json          prints one JSON object instead of tables
  --quick         short rounds, for a first look
  --full          more queues, and 10,000 idle connections
  --rounds N      rounds of each measurement; the median counts (default 5)
  --connections N, --subscriptions N   of scale (default 10,000 and 500,000)
  --profile       also prints where the relay's time goes while it delivers messages
  --help          prints this
`

const program = { name: 'bench', usage }

const { values: options, positionals } = readOptions(program, {
  args: withOptionalAddress('--redis', process.argv.slice(2)),
  allowPositionals: true,
  options: {
    redis: { type: 'string' },
    json: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    full: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '5' },
    connections: { type: 'string' },
    subscriptions: { type: 'string' },
    profile: { type: 'boolean', default: false },
  },
})

const { quick, full, redis: redisUrl } = options
const rounds = Number(options.rounds)

const messageLoad = {
  senders: 8,
  recipients: 8,
  queues: 64,
  rounds,
  roundMs: quick ? 1000 : 4000,
  warmUpMs: quick ? 2000 : 5000,
  loneMessages: quick ? 500 : 2000,
  withProfile: options.profile,
}

const scaleOptions = {
  ...messageLoad,
  connections: Number(options.connections ?? (quick ? 500 : 10_000)),
  subscriptions: Number(options.subscriptions ?? (quick ? 25_000 : 500_000)),
}

type Part = () => Promise<{ readonly figures: unknown; readonly text: string }>

const parts: Readonly<Record<string, Part>> = {
  messages: async () => {
    const figures = await measureMessages(messageLoad)
    return { figures, text: messagesText(figures) + profileText(figures.profile) }
  },
  subscriptions: async () => {
    const queues = quick ? 5_000 : full ? 50_000 : 20_000
    const figures = await measureSubscriptions({ queues, rounds })
    return { figures, text: subscriptionsText(figures) }
  },
  handshakes: async () => {
    const figures = await measureHandshakes({ connections: quick ? 100 : 300, rounds })
    return { figures, text: handshakesText(figures) }
  },
  metrics: async () => {
    const figures = {
      counting: await measureMetrics(messageLoad),
      scrapes: await measureScrapes(quick ? 500 : full ? 18_000 : 2_000),
    }
    return { figures, text: `${metricsText(figures.counting)}\n\n${scrapesText(figures.scrapes)}` }
  },
  tracing: async () => {
    const figures = await measureTracing(messageLoad)
    return { figures, text: tracingText(figures) }
  },
  memory: async () => {
    const figures = await measureMemory({
      connections: quick ? 500 : full ? 10_000 : 2_000,
      subscriptions: quick ? 10_000 : full ? 100_000 : 40_000,
    })
    return { figures, text: memoryText(figures) }
  },
  flood: async () => {
    const figures = await measureFlood({ rounds, roundMs: quick ? 1000 : 4000 })
    return { figures, text: floodText(figures) }
  },
  scale: async () => {
    const figures = await measureScale(scaleOptions)
    return { figures, text: scaleText(figures) }
  },
}

const redisParts = (url: string): Readonly<Record<string, Part>> => ({
  messages: async () => {
    const figures = await measureClusterMessages({ ...messageLoad, redisUrl: url })
    return { figures, text: clusterMessagesText(figures) + profilesText(figures.profiles) }
  },
  pods: async () => {
    const figures = await measurePods({ ...messageLoad, redisUrl: url })
    return { figures, text: podsText(figures) }
  },
  storage: async () => {
    const queues = quick ? 5_000 : full ? 100_000 : 20_000
    const figures = await measureStorage({ redisUrl: url, queues, filled: quick ? 400 : 2000 })
    return { figures, text: storageText(figures) }
  },
  resubscription: async () => {
    const queues = quick ? 5_000 : full ? 100_000 : 20_000
    const figures = await measureResubscription({ redisUrl: url, queues, rounds })
    return { figures, text: resubscriptionText(figures) }
  },
  rolling: async () => {
    const idle = quick ? 200 : full ? 5_000 : 1_000
    const drainSeconds = quick ? 5 : 20
    const figures = await measureRolling({ redisUrl: url, idle, queues: 8, drainSeconds })
    return { figures, text: rollingText(figures) }
  },
  scale: async () => {
    const figures = await measureScale({ ...scaleOptions, redisUrl: url })
    return { figures, text: scaleText(figures) }
  },
})

const run = async (chosen: readonly (readonly [string, Part])[]): Promise<void> => {
  const machine = thisMachine()
  const results: Record<string, unknown> = {}
  if (!options.json) console.log(machineLine(machine))
  for (const [name, measureAndTell] of chosen) {
    const { figures, text } = await measureAndTell()
    results[name] = figures
    if (!options.json) console.log(`\n${text}`)
  }
  if (options.json) console.log(JSON.stringify({ machine, rounds, ...results }, undefined, 2))
}

// the load of a large pod makes a heap of its own size, and the two share the machine
countBuffersWithHeap()

if (redisUrl && !isRedisAddress(redisUrl)) fail(program, '--redis is not an address of Redis')
if (!Number.isInteger(rounds) || rounds < 1) fail(program, '--rounds is a whole number from 1 on')
// a fifth of each is subscribed first
const isSize = (count: number, least: number): boolean =>
  Number.isInteger(count / 5) && count >= least
if (!isSize(scaleOptions.connections, 5) || !isSize(scaleOptions.subscriptions, 500))
  fail(program, '--connections and --subscriptions are multiples of 5, from 5 and 500 on')
const table = redisUrl === undefined ? parts : redisParts(redisUrl)
const unknown = positionals.filter((word) => !Object.hasOwn(table, word))
if (unknown.length > 0) fail(program, `no part named ${unknown.join(', ')}`)
const isChosen = (name: string): boolean =>
  positionals.length === 0 ? quick || name !== 'scale' : positionals.includes(name)
try {
  await run(Object.entries(table).filter(([name]) => isChosen(name)))
} catch (error) {
  if (!(error instanceof NoRedis)) throw error
  fail(program, redisUrl ? 'no Redis answers at the address of --redis' : error.message)
}
