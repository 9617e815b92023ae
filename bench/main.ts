/** `npm run bench`: what the relay costs and how fast it is. Figures, never assertions. */
import {
  handshakesText,
  memoryText,
  messagesText,
  profileText,
  subscriptionsText,
} from './figures-text.ts'
import { measureHandshakes } from './measure-handshakes.ts'
import { measureMemory } from './measure-memory.ts'
import { measureMessages } from './measure-messages.ts'
import { measureSubscriptions } from './measure-subscriptions.ts'
import { fail, readOptions } from './options.ts'
import { machineLine, thisMachine } from './report.ts'

const usage = `Usage: npm run bench -- [messages] [subscriptions] [handshakes] [memory] [options]

Measures the relay in a process of its own, with the load in this one. Without names: all parts.

  --json          prints one JSON object instead of tables
  --quick         short rounds, for a first look
  --full          more queues, and 10,000 idle connections
  --rounds N      rounds of each measurement; the median counts (default 5)
  --profile       also prints where the relay's time goes while it delivers messages
  --help          prints this
`

const parts = ['messages', 'subscriptions', 'handshakes', 'memory'] as const
type Part = (typeof parts)[number]

const isPart = (word: string): word is Part => parts.some((part) => part === word)

const program = { name: 'bench', usage }

const { values: options, positionals } = readOptions(program, {
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    full: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '5' },
    profile: { type: 'boolean', default: false },
  },
})

const { quick, full } = options
const rounds = Number(options.rounds)

const measureAndTell = {
  messages: async () => {
    const figures = await measureMessages({
      senders: 8,
      recipients: 8,
      queues: 64,
      rounds,
      roundMs: quick ? 1000 : 4000,
      warmUpMs: quick ? 2000 : 5000,
      loneMessages: quick ? 500 : 2000,
      withProfile: options.profile,
    })
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
  memory: async () => {
    const figures = await measureMemory({
      connections: quick ? 500 : full ? 10_000 : 2_000,
      subscriptions: quick ? 10_000 : full ? 100_000 : 40_000,
    })
    return { figures, text: memoryText(figures) }
  },
} satisfies Record<Part, () => Promise<{ figures: unknown; text: string }>>

const run = async (chosen: readonly Part[]): Promise<void> => {
  const machine = thisMachine()
  const results: Partial<Record<Part, unknown>> = {}
  if (!options.json) console.log(machineLine(machine))
  for (const part of chosen) {
    const { figures, text } = await measureAndTell[part]()
    results[part] = figures
    if (!options.json) console.log(`\n${text}`)
  }
  if (options.json) console.log(JSON.stringify({ machine, rounds, ...results }, undefined, 2))
}

const unknown = positionals.filter((word) => !isPart(word))
if (unknown.length > 0) fail(program, `no part named ${unknown.join(', ')}`)
if (!Number.isInteger(rounds) || rounds < 1) fail(program, '--rounds is a whole number from 1 on')
await run(positionals.length > 0 ? positionals.filter(isPart) : parts)
