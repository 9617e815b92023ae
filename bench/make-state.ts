/** `node bench/make-state.ts DIR`: files of a large smp-server, for measuring `sluice import`. */
import { mkdirSync } from 'node:fs'
import { writeManyQueues } from '../test/support/many-queues.ts'
import { fail, readOptions } from './options.ts'

const usage = `Usage: node bench/make-state.ts DIR [options]

  --queues N      queues in the store log (default 100,000)
  --messages N    messages of 16,000 bytes (default 10,000)
  --help          prints this

Writes smp-server-store.log (400 bytes a queue) and smp-server-messages.log (21 KB a message) to DIR.
`
const program = { name: 'make-state', usage }

const { values, positionals } = readOptions(program, {
  options: { queues: { type: 'string' }, messages: { type: 'string' } },
  allowPositionals: true,
})

const count = (name: string, value: string): number =>
  /^\d{1,9}$/.test(value) ? Number(value) : fail(program, `--${name} must be a number`)

const [directory = fail(program, 'the folder to write to is needed')] = positionals
mkdirSync(directory, { recursive: true })
await writeManyQueues({
  directory,
  queues: count('queues', values.queues ?? '100000'),
  messages: count('messages', values.messages ?? '10000'),
  sentAt: Math.floor(Date.now() / 1000),
})
