/** Settings of limits, by the names that src/limits/numbers.ts knows them by. */
import { z } from 'zod'
import type { Rate } from '../limits/rate.ts'
import { optional, setting } from './setting.ts'
import { integer, type Kind, onOff } from './values.ts'
import { networks } from './web-values.ts'

const MOST_TOKENS = 1_000_000_000
const secondsOf = new Map([
  ['s', 1],
  ['m', 60],
  ['h', 3600],
])

/** `600/m` is 10 a second, of which 600 may come at once; `600/m:50` only 50. */
const readRate = (text: string): Rate | undefined | 'wrong' => {
  if (text === '0') return undefined
  const [, count = '', unit = '', burst = count] =
    /^([1-9]\d{0,9})\/([smh])(?::([1-9]\d{0,9}))?$/.exec(text) ?? []
  const seconds = secondsOf.get(unit)
  if (seconds === undefined || Math.max(Number(count), Number(burst)) > MOST_TOKENS) return 'wrong'
  return { perSecond: Number(count) / seconds, burst: Number(burst) }
}

/** As one would write it. */
export const rateText = ({ perSecond, burst }: Rate): string => {
  const units = [...secondsOf].map(([unit, seconds]) => ({ unit, count: perSecond * seconds }))
  const isWhole = (count: number): boolean => Math.abs(count - Math.round(count)) < count * 1e-9
  const { unit, count } = units.find((one) => isWhole(one.count)) ?? { unit: 's', count: perSecond }
  const whole = Math.round(count)
  return whole === burst ? `${whole}/${unit}` : `${whole}/${unit}:${burst}`
}

const rate: Kind<Rate | undefined> = {
  schema: z.string().transform((text, context) => {
    const read = readRate(text)
    if (read !== 'wrong') return read
    context.addIssue('not a rate')
    return z.NEVER
  }),
  allowed: '`0` (no limit) or `50/s`, `600/m`, `5000/h`, with `:100` for the most at once',
}

const count = (unit: string): Kind<number> => integer({ min: 0, max: MOST_TOKENS, unit })
const MOST_BYTES = 2 ** 50

export const limitSettings = {
  limitConnections: setting(count('connections'), '0', {
    variable: 'SLUICE_LIMIT_CONNECTIONS',
    help: 'Open connections of a relay process; 0: no limit.',
  }),
  limitConnectionsPerAddress: setting(count('connections'), '0', {
    variable: 'SLUICE_LIMIT_CONNECTIONS_PER_ADDRESS',
    help: 'The same of one client address (IPv6: of a /64); 0: no limit.',
  }),
  limitHandshakes: setting(count('handshakes'), '4096', {
    variable: 'SLUICE_LIMIT_HANDSHAKES',
    help: 'Handshakes under way; then the address with most of them loses its oldest. 0: no limit.',
  }),
  limitHandshakesPerAddress: setting(count('handshakes'), '0', {
    variable: 'SLUICE_LIMIT_HANDSHAKES_PER_ADDRESS',
    help: 'The same of one client address; 0: no limit.',
  }),
  limitConnectionRate: setting(rate, '0', {
    variable: 'SLUICE_LIMIT_CONNECTION_RATE',
    help: 'New connections; more are closed.',
  }),
  limitConnectionRatePerAddress: setting(rate, '0', {
    variable: 'SLUICE_LIMIT_CONNECTION_RATE_PER_ADDRESS',
    help: 'The same of one client address.',
  }),
  limitHandshakeRate: setting(rate, '0', {
    variable: 'SLUICE_LIMIT_HANDSHAKE_RATE',
    help: 'Handshakes begun (TLS, or SMP behind an ingress); more connections are closed.',
  }),
  limitHandshakeRatePerAddress: setting(rate, '0', {
    variable: 'SLUICE_LIMIT_HANDSHAKE_RATE_PER_ADDRESS',
    help: 'The same of one client address.',
  }),
  limitNewRate: setting(rate, '0', {
    variable: 'SLUICE_LIMIT_NEW_RATE',
    help: 'NEW commands; more wait up to 5 s, then are refused.',
  }),
  limitNewRatePerAddress: setting(rate, '0', {
    variable: 'SLUICE_LIMIT_NEW_RATE_PER_ADDRESS',
    help: 'The same of one client address.',
  }),
  limitSendRate: setting(rate, '0', {
    variable: 'SLUICE_LIMIT_SEND_RATE',
    help: 'SEND commands; more wait up to 5 s, then get ERR QUOTA, so senders try later.',
  }),
  limitSendRatePerAddress: setting(rate, '0', {
    variable: 'SLUICE_LIMIT_SEND_RATE_PER_ADDRESS',
    help: 'The same of one client address; what a relay forwards counts for the relay.',
  }),
  limitQueuesPerConnection: setting(count('queues'), '0', {
    variable: 'SLUICE_LIMIT_QUEUES_PER_CONNECTION',
    help: 'Queues that one connection may create; 0: no limit.',
  }),
  limitSubscriptionsPerConnection: setting(count('queues'), '0', {
    variable: 'SLUICE_LIMIT_SUBSCRIPTIONS_PER_CONNECTION',
    help: 'Queues and notifiers that one connection may be subscribed to; 0: no limit.',
  }),
  limitStoredBytes: setting(integer({ min: 0, max: MOST_BYTES, unit: 'bytes' }), '0', {
    variable: 'SLUICE_LIMIT_STORED_BYTES',
    help: 'Messages that are stored, 16 KiB each; then senders get ERR QUOTA. 0: no limit.',
  }),
  limitExempt: optional(networks, {
    variable: 'SLUICE_LIMIT_EXEMPT',
    help: 'Client addresses that limits do not concern, but the one of stored bytes; absent: none.',
  }),
  limitShared: setting(onOff, 'off', {
    variable: 'SLUICE_LIMIT_SHARED',
    help: 'Whether the rates are those of the whole cluster, and not of each relay process.',
  }),
}
