/** CPU, throughput and latency of full-size messages, and the floor under the CPU. */

import { MessageLoad } from '../src/load/message-load.ts'
import { busily } from './busy.ts'
import { loneLatencies } from './lone-messages.ts'
import type { Measured } from './measured.ts'
import type { PartCosts } from './message-parts.ts'
import type { ProfileEntry } from './processes/own-usage.ts'
import { RelayUnderTest } from './relay-under-test.ts'
import { type Percentiles, percentilesOf, type Spread, spreadOf } from './statistics.ts'
import { measureTls, type TlsCosts } from './tls-blocks.ts'

export interface MessageOptions {
  readonly senders: number
  readonly recipients: number
  readonly queues: number
  readonly rounds: number
  readonly roundMs: number
  readonly warmUpMs: number
  readonly loneMessages: number
  readonly withProfile: boolean
}

/** One line of the floor: what, microseconds each, how often in a delivered message. */
export interface Part {
  readonly part: string
  readonly microseconds: number
  readonly times: number
}

export interface MessageFigures {
  readonly delivered: number
  /** Microseconds of the relay's CPU for each delivered message, over the rounds. */
  readonly cpuPerMessage: Spread
  /** The share of it in system calls, by the median round. */
  readonly systemCpuPerMessage: number
  readonly perSecond: Spread
  /** Share of a core that the relay used: below 1 something else was the limit. */
  readonly relayCores: number
  /** Microseconds of the load generator's CPU for each message. */
  readonly loadCpuPerMessage: number
  readonly parts: readonly Part[]
  readonly floor: number
  readonly rest: number
  readonly ratio: number
  /** The floor where the authenticator's secret is remembered, as the relay does. */
  readonly rememberedFloor: number
  /** Both with the other core at work, as it is during the rounds. */
  readonly busyFloor: number
  readonly busyRememberedFloor: number
  readonly loneLatencyMs: Percentiles
  readonly halfLoad: {
    readonly perSecond: number
    readonly latencyMs: Percentiles
    readonly generatorLateMs: Percentiles
    readonly cpuPerMessage: number
  }
  readonly profile?: readonly ProfileEntry[]
}

/** SEND and ACK in; OK, MSG and OK out. */
const partsOf = (tls: TlsCosts, costs: PartCosts): readonly Part[] => [
  { part: 'TLS, block in', microseconds: tls.in, times: 2 },
  { part: 'TLS, block out', microseconds: tls.out, times: 3 },
  { part: 'block key (HKDF-SHA512)', microseconds: costs.blockKey, times: 5 },
  { part: 'block opened (XSalsa20-Poly1305)', microseconds: costs.blockOpen, times: 2 },
  { part: 'block sealed', microseconds: costs.blockBox, times: 3 },
  { part: 'SEND: authenticator of 16 KB', microseconds: costs.authenticator, times: 1 },
  { part: 'ACK: Ed25519 signature', microseconds: costs.signature, times: 1 },
  { part: 'message encrypted to recipient', microseconds: costs.recipientEncryption, times: 1 },
]

const sumOf = (parts: readonly Part[]): number =>
  parts.reduce((sum, { microseconds, times }) => sum + microseconds * times, 0)

const remembering = (floor: number, costs: PartCosts): number =>
  floor - costs.authenticator + costs.rememberedAuthenticator

const HALF_LOAD_MS = 6000

const rateOf = ({ value, seconds }: Measured<number>): number => value / seconds

export const measureMessages = async (options: MessageOptions): Promise<MessageFigures> => {
  await using relay = await RelayUnderTest.start()
  const ends = { senders: relay, recipients: relay }
  await using load = await MessageLoad.open(ends, options)
  await load.saturate(options.warmUpMs)
  const rounds: Measured<number>[] = []
  for (let i = 0; i < options.rounds; i++)
    rounds.push(await relay.measure(() => load.saturate(options.roundMs)))
  const costs = await relay.parts()
  const busyCosts = await busily(relay.parts())
  const tls = await measureTls(options.roundMs / 4)
  const perSecond = spreadOf(rounds.map(rateOf))
  const half = perSecond.median / 2
  const paced = await relay.measure(() => load.pace(half, HALF_LOAD_MS))
  const [lone = []] = await loneLatencies([ends], options.loneMessages)
  const profile = options.withProfile
    ? (await relay.profile(() => load.saturate(options.roundMs)))[1]
    : undefined
  const each = (field: 'cpu' | 'systemCpu' | 'loadCpu'): Spread =>
    spreadOf(rounds.map((round) => round[field] / round.value))
  const parts = partsOf(tls, costs)
  const [floor, busyFloor] = [sumOf(parts), sumOf(partsOf(tls, busyCosts))]
  const cpuPerMessage = each('cpu')
  return {
    delivered: rounds.reduce((sum, { value }) => sum + value, 0),
    cpuPerMessage,
    systemCpuPerMessage: each('systemCpu').median,
    perSecond,
    relayCores: spreadOf(rounds.map(({ cpu, seconds }) => cpu / seconds / 1e6)).median,
    loadCpuPerMessage: each('loadCpu').median,
    parts,
    floor,
    rest: cpuPerMessage.median - floor,
    ratio: cpuPerMessage.median / floor,
    rememberedFloor: remembering(floor, costs),
    busyFloor,
    busyRememberedFloor: remembering(busyFloor, busyCosts),
    loneLatencyMs: percentilesOf(lone),
    halfLoad: {
      perSecond: half,
      latencyMs: percentilesOf(paced.value.latencies),
      generatorLateMs: percentilesOf(paced.value.late),
      cpuPerMessage: paced.cpu / paced.value.latencies.length,
    },
    ...(profile && { profile }),
  }
}
