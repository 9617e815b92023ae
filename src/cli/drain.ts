import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { AdminClient, aboutAdmin, adminOptions } from './admin/admin-client.ts'
import { line } from './admin/queue-words.ts'
import type { Command } from './command.ts'

const answer = z.looseObject({
  state: z.enum(['serving', 'draining', 'stopped']),
  connectionsLeft: z.number(),
  secondsLeft: z.number(),
})

const options = {
  ...adminOptions,
  hasten: { type: 'boolean', help: 'what is left leaves at once' },
  wait: { type: 'boolean', help: 'until no connection is left, or the bound is reached' },
} as const

const POLL_MS = 500

export const drain: Command = {
  usage: 'drain [--wait] [--hasten] [--admin URL] [--json]',
  about: `
Drains a running relay: it is not ready any more, stops accepting after
SLUICE_DRAIN_DELAY_SECONDS, and lets its connections go within SLUICE_DRAIN_SECONDS. The process
goes on until it gets SIGTERM. Called again it tells what is left.
${aboutAdmin}`,
  options,
  async run(args, io) {
    const { values } = parseArgs({ args: [...args], options })
    const client = new AdminClient(io, values.admin)
    const ask = (body: object) => client.ask({ path: '/v1/drain', body }, answer)
    let given = await ask(values.hasten ? { hasten: true } : {})
    while (values.wait && given.connectionsLeft > 0 && given.secondsLeft > 0) {
      await wait(POLL_MS, undefined, { signal: io.signal })
      given = await ask({})
    }
    const { state, connectionsLeft, secondsLeft } = given
    const text = [
      line('State', state),
      line('Connections', `${connectionsLeft} left`),
      line('Bound', `${secondsLeft} seconds left`),
    ].join('')
    io.stdout.write(values.json ? `${JSON.stringify(given)}\n` : text)
    return 0
  },
}
