/**
 * What counting costs: two relays side by side, one with an operations port and one without. In many
 * short turns, as machines change their pace within seconds.
 */
import { MessageLoad } from '../src/load/message-load.ts'
import type { MessageOptions } from './measure-messages.ts'
import type { Measured } from './measured.ts'
import { RelayUnderTest } from './relay-under-test.ts'
import { confidenceOf, type Spread, spreadOf } from './statistics.ts'

export interface MetricsFigures {
  /** Microseconds of the relay's CPU for each delivered message, over all turns. */
  readonly without: Spread
  readonly counting: Spread
  /** What a turn with counting cost more than the one beside it without, in percent; 95 % sure. */
  readonly morePercent: Spread
}

type Options = Pick<MessageOptions, 'senders' | 'recipients' | 'queues' | 'rounds' | 'warmUpMs'> & {
  /** Settings that both have. */
  readonly env?: Readonly<Record<string, string>>
}

const TURN_MS = 250
const TURNS_A_ROUND = 16

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
    without: () => without.measure(() => loadWithout.saturate(TURN_MS)),
    counting: () => counting.measure(() => loadCounting.saturate(TURN_MS)),
  }
  for (let turn = 0; turn < load.rounds * TURNS_A_ROUND; turn++) {
    // so that a machine that gets slower favours none
    const order = ['without', 'counting'] as const
    for (const name of turn % 2 === 0 ? order : order.toReversed())
      costs[name].push(costOf(await measure[name]()))
  }
  const more = costs.counting.map((cost, turn) => 100 * (cost / (costs.without[turn] ?? 0) - 1))
  return {
    without: spreadOf(costs.without),
    counting: spreadOf(costs.counting),
    morePercent: confidenceOf(more),
  }
}
