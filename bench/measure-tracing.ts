/** What tracing costs: three relays side by side, without it, with a share of 1 %, and with all. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import { MessageLoad } from '../src/load/message-load.ts'
import type { MessageOptions } from './measure-messages.ts'
import { RelayUnderTest } from './relay-under-test.ts'
import { type Spread, spreadOf } from './statistics.ts'

const names = ['off', 'one', 'all'] as const
type Name = (typeof names)[number]

/** Microseconds of the relay's CPU for each delivered message, over the rounds. */
export interface TracingFigures extends Readonly<Record<Name, Spread>> {
  /** What a round cost more than the one beside it without tracing, in percent. */
  readonly morePercent: Readonly<Record<'one' | 'all', Spread>>
}

type Options = Pick<
  MessageOptions,
  'senders' | 'recipients' | 'queues' | 'rounds' | 'roundMs' | 'warmUpMs'
>

/** Takes everything at once; its own cost is that of the load's process. */
const startCollector = async () => {
  const server = createServer((request, response) => {
    request.resume().on('end', () => response.end('{}'))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return {
    endpoint: `http://127.0.0.1:${port}`,
    [Symbol.dispose]() {
      server.close()
      server.closeAllConnections()
    },
  }
}

export const measureTracing = async (load: Options): Promise<TracingFigures> => {
  using collector = await startCollector()
  const on = { SLUICE_OTLP_ENDPOINT: collector.endpoint }
  await using off = await RelayUnderTest.start()
  await using one = await RelayUnderTest.start({ ...on, SLUICE_TRACE_RATIO: '0.01' })
  await using all = await RelayUnderTest.start({ ...on, SLUICE_TRACE_RATIO: '1' })
  const relays = { off, one, all }
  await using loadOff = await MessageLoad.open({ senders: off, recipients: off }, load)
  await using loadOne = await MessageLoad.open({ senders: one, recipients: one }, load)
  await using loadAll = await MessageLoad.open({ senders: all, recipients: all }, load)
  const loads = { off: loadOff, one: loadOne, all: loadAll }
  for (const name of names) await loads[name].saturate(load.warmUpMs)
  const costs: Record<Name, number[]> = { off: [], one: [], all: [] }
  for (let round = 0; round < load.rounds; round++)
    // in turns, so that a machine that gets slower favours none
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      const { cpu, value } = await relays[name].measure(() => loads[name].saturate(load.roundMs))
      costs[name].push(cpu / value)
    }
  const more = (name: Name): Spread =>
    spreadOf(costs[name].map((cost, round) => 100 * (cost / (costs.off[round] ?? 0) - 1)))
  return {
    off: spreadOf(costs.off),
    one: spreadOf(costs.one),
    all: spreadOf(costs.all),
    morePercent: { one: more('one'), all: more('all') },
  }
}
