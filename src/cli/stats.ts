import { parseArgs } from 'node:util'
import { z } from 'zod'
import { AdminClient, aboutAdmin, adminOptions } from './admin/admin-client.ts'
import { line } from './admin/queue-words.ts'
import type { Command } from './command.ts'

const counts = z.looseObject({ requests: z.number(), successes: z.number() })
const bySource = z.looseObject({ all: counts, own: counts })

const answer = z.looseObject({
  version: z.string().regex(/^[\w.+-]{1,40}$/),
  uptimeSeconds: z.number(),
  pod: z.looseObject({
    state: z.enum(['serving', 'draining', 'stopped']),
    connections: z.number(),
    sessions: z.number(),
    proxy: z.looseObject({ sessions: bySource, commands: bySource }).nullable(),
  }),
  cluster: z.looseObject({
    queues: z.number(),
    messages: z.number(),
    blockedToday: z.number(),
    blockQuota: z.union([z.number(), z.literal('off')]),
  }),
})

type Answer = z.output<typeof answer>

const quotaText = ({ blockedToday, blockQuota }: Answer['cluster']): string => {
  if (blockQuota === 'off') return 'off'
  return blockQuota === 0 ? `${blockedToday}` : `${blockedToday} of ${blockQuota}`
}

const proxyText = (proxy: Answer['pod']['proxy']): string => {
  if (proxy === null) return 'off'
  const { sessions, commands } = proxy
  const rate = ({ all }: z.output<typeof bySource>) => `${all.successes} of ${all.requests}`
  return `${rate(commands)} commands, ${rate(sessions)} sessions succeeded`
}

const text = ({ version, uptimeSeconds, pod, cluster }: Answer): string =>
  [
    line('Version', version),
    line('Up for', `${uptimeSeconds} seconds`),
    line('State', pod.state),
    line('Connections', `${pod.connections}, ${pod.sessions} with a session`),
    line('Forwarded', proxyText(pod.proxy)),
    line('Queues', `${cluster.queues}`),
    line('Messages', `${cluster.messages}`),
    line('Blocked today', quotaText(cluster)),
  ].join('')

export const stats: Command = {
  usage: 'stats [--admin URL] [--json]',
  about: `
Prints what a running relay does and holds. Connections and what was forwarded to other relays
are its own, since its start; queues, messages and blocks are those of the whole cluster.
${aboutAdmin}`,
  options: adminOptions,
  async run(args, io) {
    const { values } = parseArgs({ args: [...args], options: adminOptions })
    const client = new AdminClient(io, values.admin)
    const given = await client.ask({ path: '/v1/stats' }, answer)
    io.stdout.write(values.json ? `${JSON.stringify(given)}\n` : text(given))
    return 0
  },
}
