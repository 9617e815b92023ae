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

const limit = <T>(name: string, kind: Kind<T>, help: string) =>
  setting(kind, '0', { variable: `SLUICE_LIMIT_${name}`, help })

/** A limit by client address is the one in total, of each. */
const ofAddress = <T>(name: string, kind: Kind<T>, more: string) =>
  limit(`${name}_PER_ADDRESS`, kind, `The same of one client address${more}`)

export const limitSettings = {
  limitConnections: limit(
    'CONNECTIONS',
    count('connections'),
    'Open connections of a relay process; 0: no limit.',
  ),
  limitConnectionsPerAddress: ofAddress(
    'CONNECTIONS',
    count('connections'),
    ' (IPv6: of a /64); 0: no limit.',
  ),
  limitHandshakes: setting(count('handshakes'), '4096', {
    variable: 'SLUICE_LIMIT_HANDSHAKES',
    help: 'Handshakes under way; then the address with most of them loses its oldest. 0: no limit.',
  }),
  limitHandshakesPerAddress: ofAddress('HANDSHAKES', count('handshakes'), '; 0: no limit.'),
  limitConnectionRate: limit('CONNECTION_RATE', rate, 'New connections; more are closed.'),
  limitConnectionRatePerAddress: ofAddress('CONNECTION_RATE', rate, '.'),
  limitHandshakeRate: limit(
    'HANDSHAKE_RATE',
    rate,
    'Handshakes begun (TLS, or SMP behind an ingress); more connections are closed.',
  ),
  limitHandshakeRatePerAddress: ofAddress('HANDSHAKE_RATE', rate, '.'),
  limitNewRate: limit('NEW_RATE', rate, 'NEW commands; more wait up to 5 s, then are refused.'),
  limitNewRatePerAddress: ofAddress('NEW_RATE', rate, '.'),
  limitSendRate: limit(
    'SEND_RATE',
    rate,
    'SEND commands; more wait up to 5 s, then get ERR QUOTA, so senders try later.',
  ),
  limitSendRatePerAddress: ofAddress(
    'SEND_RATE',
    rate,
    '; what a relay forwards counts for the relay.',
  ),
  limitQueuesPerConnection: limit(
    'QUEUES_PER_CONNECTION',
    count('queues'),
    'Queues that one connection may create; 0: no limit.',
  ),
  limitSubscriptionsPerConnection: limit(
    'SUBSCRIPTIONS_PER_CONNECTION',
    count('queues'),
    'Queues and notifiers that one connection may be subscribed to; 0: no limit.',
  ),
  limitStoredBytes: limit(
    'STORED_BYTES',
    integer({ min: 0, max: MOST_BYTES, unit: 'bytes' }),
    'Messages that are stored, 16 KiB each; then senders get ERR QUOTA. 0: no limit.',
  ),
  limitExempt: optional(networks, {
    variable: 'SLUICE_LIMIT_EXEMPT',
    help: 'Client addresses that limits do not concern, but the one of stored bytes; absent: none.',
  }),
  limitShared: setting(onOff, 'off', {
    variable: 'SLUICE_LIMIT_SHARED',
    help: 'Whether the rates are those of the whole cluster, and not of each relay process.',
  }),
}
