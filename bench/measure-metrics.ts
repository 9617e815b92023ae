/**
 * What counting costs: two relays side by side, one with an operations port and one without. In short
 * turns, as machines change their pace within seconds; and with new processes in each round, as two
 * of the same kind may differ by a fifth for as long as they live.
 */
import { MessageLoad } from '../src/load/message-load.ts'
import type { MessageOptions } from './measure-messages.ts'
import type { Measured } from './measured.ts'
import { RelayUnderTest } from './relay-under-test.ts'
import { confidenceOf, median, type Spread, spreadOf } from './statistics.ts'

export interface MetricsFigures {
  /** Microseconds of the relay's CPU for each delivered message, over the rounds. */
  readonly without: Spread
  readonly counting: Spread
  /** What counting cost more in a round, in percent; 95 % sure. */
  readonly morePercent: Spread
}

type Options = Pick<MessageOptions, 'senders' | 'recipients' | 'queues' | 'rounds' | 'warmUpMs'> & {
  /** Settings that both have. */
  readonly env?: Readonly<Record<string, string>>
}

const TURN_MS = 250
const TURNS = 16

const costOf = ({ cpu, value }: Measured<number>): number => cpu / value

const kinds = ['without', 'counting'] as const
type Costs = Readonly<Record<(typeof kinds)[number], number[]>>

/** So that neither what gets slower nor what comes first favours one of them. */
const orderOf = (count: number) => (count % 2 === 0 ? kinds : kinds.toReversed())

class Pair {
  readonly #load: Options
  readonly #stack = new AsyncDisposableStack()
  readonly #turns: Partial<Record<(typeof kinds)[number], () => Promise<number>>> = {}

  constructor(load: Options) {
    this.#load = load
  }

  async start(order: readonly (typeof kinds)[number][]): Promise<void> {
    const { env = {}, warmUpMs } = this.#load
    for (const kind of order) {
      const port = kind === 'counting' ? '0' : 'off'
      const relay = this.#stack.use(await RelayUnderTest.start({ ...env, SLUICE_OPS_PORT: port }))
      const ends = { senders: relay, recipients: relay }
      const load = this.#stack.use(await MessageLoad.open(ends, this.#load))
      await load.saturate(warmUpMs)
      this.#turns[kind] = async () => costOf(await relay.measure(() => load.saturate(TURN_MS)))
    }
  }

  async measure(): Promise<Costs> {
    const costs: Costs = { without: [], counting: [] }
    for (let turn = 0; turn < TURNS; turn++)
      for (const kind of orderOf(turn)) costs[kind].push((await this.#turns[kind]?.()) ?? 0)
    return costs
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync()
  }
}

const morePercentOf = ({ without, counting }: Costs): number =>
  median(counting.map((cost, turn) => 100 * (cost / (without[turn] ?? 0) - 1)))

export const measureMetrics = async (options: Options): Promise<MetricsFigures> => {
  const rounds: Costs[] = []
  for (let round = 0; round < options.rounds; round++) {
    await using pair = new Pair(options)
    await pair.start(orderOf(round))
    rounds.push(await pair.measure())
  }
  return {
    without: spreadOf(rounds.map(({ without }) => median(without))),
    counting: spreadOf(rounds.map(({ counting }) => median(counting))),
    morePercent: confidenceOf(rounds.map(morePercentOf)),
  }
}
