/** What a SUB costs when an app, or a relay's whole clientele, comes back. */

import { createQueues } from '../src/load/queues.ts'
import { BATCH } from '../src/load/subscribing.ts'
import { closeAll } from '../src/load/target.ts'
import type { Measured } from './measured.ts'
import { RelayUnderTest } from './relay-under-test.ts'
import { type Spread, spreadOf } from './statistics.ts'
import { subscribeAfresh } from './subscribers.ts'

export interface SubscriptionOptions {
  readonly queues: number
  readonly rounds: number
}

export interface SubscriptionFigures {
  readonly queues: number
  readonly batch: number
  /** Microseconds of the relay's CPU. */
  readonly cpuPerSub: Spread
  readonly perSecond: Spread
  /** Microseconds of the relay's CPU, creation by NEW. */
  readonly cpuPerNew: number
}

const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 300))

export const measureSubscriptions = async ({
  queues: count,
  rounds: roundCount,
}: SubscriptionOptions): Promise<SubscriptionFigures> => {
  await using relay = await RelayUnderTest.start()
  const [creator] = await relay.connectMany(1)
  if (creator === undefined) throw new Error('no connection')
  const created = await relay.measure(() => createQueues(creator, count, { subscribe: false }))
  const queues = created.value
  creator.close()
  const rounds: Measured<number>[] = []
  // the first one warms up both sides
  for (let i = 0; i <= roundCount; i++) {
    const { measured, connections } = await subscribeAfresh([relay], queues)
    if (i > 0) rounds.push(measured)
    await closeAll(connections)
    await settle()
  }
  return {
    queues: count,
    batch: BATCH,
    cpuPerSub: spreadOf(rounds.map(({ cpu, value }) => cpu / value)),
    perSecond: spreadOf(rounds.map(({ value, seconds }) => value / seconds)),
    cpuPerNew: created.cpu / count,
  }
}
