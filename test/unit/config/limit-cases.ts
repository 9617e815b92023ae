import type { SettingName } from '../../../src/config/settings.ts'
import type { Case } from './settings-case.ts'

const MOST = 1_000_000_000

const rate = (name: SettingName, variable: string): Case => ({
  name,
  variable,
  accepts: {
    0: undefined,
    '50/s': { perSecond: 50, burst: 50 },
    '600/m': { perSecond: 10, burst: 600 },
    '600/m:50': { perSecond: 10, burst: 50 },
    '36/h:1': { perSecond: 0.01, burst: 1 },
    [`${MOST}/s:${MOST}`]: { perSecond: MOST, burst: MOST },
  },
  refuses: [
    ...['5', '0/s', '5/d', '5/s:', '5/s:0', '5/ s', '05/s', '-5/s', '1.5/s', '5/s:5:5'],
    ...[`${MOST + 1}/s`, `1/s:${MOST + 1}`, '9'.repeat(400)],
  ],
})

type NumberCase = (name: SettingName, variable: string, min: number, max: number) => Case

/** A number without a smallest one below 0. */
const count = (number: NumberCase, name: SettingName, variable: string, max = MOST): Case =>
  number(name, `SLUICE_LIMIT_${variable}`, 0, max)

export const limitCases = (number: NumberCase): readonly Case[] => [
  count(number, 'limitConnections', 'CONNECTIONS'),
  count(number, 'limitConnectionsPerAddress', 'CONNECTIONS_PER_ADDRESS'),
  count(number, 'limitHandshakes', 'HANDSHAKES'),
  count(number, 'limitHandshakesPerAddress', 'HANDSHAKES_PER_ADDRESS'),
  rate('limitConnectionRate', 'SLUICE_LIMIT_CONNECTION_RATE'),
  rate('limitConnectionRatePerAddress', 'SLUICE_LIMIT_CONNECTION_RATE_PER_ADDRESS'),
  rate('limitHandshakeRate', 'SLUICE_LIMIT_HANDSHAKE_RATE'),
  rate('limitHandshakeRatePerAddress', 'SLUICE_LIMIT_HANDSHAKE_RATE_PER_ADDRESS'),
  rate('limitNewRate', 'SLUICE_LIMIT_NEW_RATE'),
  rate('limitNewRatePerAddress', 'SLUICE_LIMIT_NEW_RATE_PER_ADDRESS'),
  rate('limitSendRate', 'SLUICE_LIMIT_SEND_RATE'),
  rate('limitSendRatePerAddress', 'SLUICE_LIMIT_SEND_RATE_PER_ADDRESS'),
  count(number, 'limitQueuesPerConnection', 'QUEUES_PER_CONNECTION'),
  count(number, 'limitSubscriptionsPerConnection', 'SUBSCRIPTIONS_PER_CONNECTION'),
  count(number, 'limitStoredBytes', 'STORED_BYTES', 2 ** 50),
  {
    name: 'limitExempt',
    variable: 'SLUICE_LIMIT_EXEMPT',
    accepts: {
      '10.0.0.0/8, 2001:db8::1': [
        { address: '10.0.0.0', family: 'ipv4', prefix: 8 },
        { address: '2001:db8::1', family: 'ipv6', prefix: 128 },
      ],
    },
    refuses: ['10.0.0.0/33', 'relay.example', ','],
  },
  {
    name: 'limitShared',
    variable: 'SLUICE_LIMIT_SHARED',
    accepts: { on: true, off: false },
    refuses: ['true', 'ON', '1'],
    beside: { SLUICE_REDIS_URL: 'redis://redis', SLUICE_CLUSTER_KEY: 'a1'.repeat(32) },
  },
]

export const limitDefaults = {
  limitConnections: 0,
  limitConnectionsPerAddress: 0,
  limitHandshakes: 4096,
  limitHandshakesPerAddress: 0,
  limitConnectionRate: undefined,
  limitConnectionRatePerAddress: undefined,
  limitHandshakeRate: undefined,
  limitHandshakeRatePerAddress: undefined,
  limitNewRate: undefined,
  limitNewRatePerAddress: undefined,
  limitSendRate: undefined,
  limitSendRatePerAddress: undefined,
  limitQueuesPerConnection: 0,
  limitSubscriptionsPerConnection: 0,
  limitStoredBytes: 0,
  limitShared: false,
} as const
