/** What counting costs: two relays side by side, one with an operations port and one without. */
import { MessageLoad } from '../src/load/message-load.ts'
import type { MessageOptions } from './measure-messages.ts'
import type { Measured } from './measured.ts'
import { RelayUnderTest } from './relay-under-test.ts'
import { type Spread, spreadOf } from './statistics.ts'

export interface MetricsFigures {
  /** Microseconds of the relay's CPU for each delivered message, over the rounds. */
  readonly without: Spread
  readonly counting: Spread
  /** What a round with counting cost more than the one beside it without, in percent. */
  readonly morePercent: Spread
}

type Options = Pick<
  MessageOptions,
  'senders' | 'recipients' | 'queues' | 'rounds' | 'roundMs' | 'warmUpMs'
> & {
  /** Settings that both have. */
  readonly env?: Readonly<Record<string, string>>
}

const costOf = ({ cpu, value }: Measured<number>): number => cpu / value

export const measureMetrics = async ({ env = {}, ...load }: Options): Promise<MetricsFigures> => {
  await using without = await RelayUnderTest.start({ ...env, SLUICE_OPS_PORT: 'off' })
  await using counting = await RelayUnderTest.start({ ...env, SLUICE_OPS_PORT: '0' })
  await using loadWithout = await MessageLoad.open({ senders: without, recipients: without }, load)
  await using loadCounting = await MessageLoad.open(
    { senders: counting, recipients: counting },
    load,
  )
  await loadWithout.saturate(load.warmUpMs)
  await loadCounting.saturate(load.warmUpMs)
  const costs: { without: number[]; counting: number[] } = { without: [], counting: [] }
  const measure = {
    without: () => without.measure(() => loadWithout.saturate(load.roundMs)),
    counting: () => counting.measure(() => loadCounting.saturate(load.roundMs)),
  }
  for (let round = 0; round < load.rounds; round++) {
    // in turns, so that a machine that gets slower favours none
    const order = ['without', 'counting'] as const
    for (const name of round % 2 === 0 ? order : order.toReversed())
      costs[name].push(costOf(await measure[name]()))
  }
  const more = costs.counting.map((cost, round) => 100 * (cost / (costs.without[round] ?? 0) - 1))
  return {
    without: spreadOf(costs.without),
    counting: spreadOf(costs.counting),
    morePercent: spreadOf(more),
  }
}
