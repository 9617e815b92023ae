/** What clients of one address notice of a flood from another one, with limits by address and without. */
import { MessageLoad } from '../src/load/message-load.ts'
import { Started } from './processes/calls.ts'
import type { FloodCounts, FloodMethods } from './processes/flood-process.ts'
import { RelayUnderTest } from './relay-under-test.ts'
import { median, quantile } from './statistics.ts'

export interface FloodOptions {
  readonly rounds: number
  readonly roundMs: number
}

export const floods = ['none', 'connections', 'sends'] as const
export type Flood = (typeof floods)[number]

export interface FloodRow {
  readonly limits: 'off' | 'on'
  readonly flood: Flood
  /** Of the well-behaved clients: a message, and a new connection. Medians of the rounds. */
  readonly messageMs: { readonly p50: number; readonly p95: number }
  readonly connectMs: number
  /** Cores that the relay had. */
  readonly relayCores: number
  /** What the flood asked for and was given, a second. */
  readonly asked: number
  readonly given: number
}

/** Far above what the others do below, and far below what a flood can. */
const limits = {
  SLUICE_LIMIT_CONNECTION_RATE_PER_ADDRESS: '20/s:40',
  SLUICE_LIMIT_SEND_RATE_PER_ADDRESS: '100/s:200',
}
const quota = { SLUICE_QUEUE_QUOTA: '2000' }
const MESSAGES_PER_SECOND = 50
const CONNECTIONS = 5
const shape = { senders: 2, recipients: 2, queues: 8 }

type Measured = Omit<FloodRow, 'limits' | 'flood'>

const noFlood: FloodCounts = { asked: 0, given: 0 }

/** How long a connection takes, one after the other. */
const connectMs = async (relay: RelayUnderTest): Promise<number> => {
  const times: number[] = []
  for (let i = 0; i < CONNECTIONS; i++) {
    const start = performance.now()
    const connection = await relay.connect()
    times.push(performance.now() - start)
    await connection[Symbol.asyncDispose]()
  }
  return median(times)
}

const measureRound = async (
  env: Readonly<Record<string, string>>,
  flood: Flood,
  roundMs: number,
): Promise<Measured> => {
  await using relay = await RelayUnderTest.start({ ...quota, ...env })
  await using attacker = new Started<FloodMethods>('flood-process.ts')
  await using load = await MessageLoad.open({ senders: relay, recipients: relay }, shape)
  await load.pace(MESSAGES_PER_SECOND, roundMs / 2)
  if (flood !== 'none') await attacker.call(flood, relay.address)
  // what an attacker may have at once is not what is measured
  await load.pace(MESSAGES_PER_SECOND, roundMs / 2)
  const countsBefore = flood === 'none' ? noFlood : await attacker.call('counts')
  const { value, cpu, seconds } = await relay.measure(async () => {
    const start = performance.now()
    const { latencies } = await load.pace(MESSAGES_PER_SECOND, roundMs)
    const took = await connectMs(relay)
    return { latencies, took, seconds: (performance.now() - start) / 1000 }
  })
  const counts = flood === 'none' ? noFlood : await attacker.call('counts')
  if (flood !== 'none') await attacker.call('stop')
  return {
    messageMs: { p50: median(value.latencies), p95: quantile(value.latencies, 0.95) },
    connectMs: value.took,
    relayCores: cpu / 1e6 / seconds,
    asked: (counts.asked - countsBefore.asked) / value.seconds,
    given: (counts.given - countsBefore.given) / value.seconds,
  }
}

export const measureFlood = async ({
  rounds,
  roundMs,
}: FloodOptions): Promise<readonly FloodRow[]> => {
  const kinds = (['off', 'on'] as const).flatMap((state) =>
    floods.map((flood) => ({ state, flood, measured: [] as Measured[] })),
  )
  for (let round = 0; round < rounds; round++)
    for (const { state, flood, measured } of kinds)
      measured.push(await measureRound(state === 'on' ? limits : {}, flood, roundMs))
  return kinds.map(({ state, flood, measured }) => {
    const of = (pick: (one: Measured) => number) => median(measured.map(pick))
    return {
      limits: state,
      flood,
      messageMs: { p50: of((one) => one.messageMs.p50), p95: of((one) => one.messageMs.p95) },
      connectMs: of((one) => one.connectMs),
      relayCores: of((one) => one.relayCores),
      asked: of((one) => one.asked),
      given: of((one) => one.given),
    }
  })
}
