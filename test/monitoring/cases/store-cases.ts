import { type Case, critical, OTHER_POD, POD, RELAY, series, warning } from './case.ts'

const store = (labels = POD) => series('sluice_part_ready', { ...labels, part: 'store' })
const errors = (error: string) =>
  series('sluice_redis_call_errors_total', { ...POD, call: 'append-message', error })
const call = (name: string, le = '') =>
  series(`sluice_redis_call_duration_seconds_${le === '' ? 'count' : 'bucket'}`, {
    ...POD,
    call: name,
    ...(le !== '' && { le }),
  })
const used = series('sluice_redis_memory_used_bytes', POD)
const maximum = series('sluice_redis_memory_max_bytes', POD)
const nudges = (le: string) => series('sluice_nudge_lag_seconds_bucket', { ...POD, le })
const quota = series('simplex_smp_messages_sent_errors', { ...POD, type: 'quota' })
const sends = series('sluice_commands_total', { ...POD, command: 'SEND', outcome: 'ok' })
const refusals = (limit: string) => series('sluice_limit_refusals_total', { ...POD, limit })
const messages = series('simplex_smp_messages_total', POD)

export const storeCases: readonly Case[] = [
  {
    alert: 'SluiceRedisDown',
    what: 'no pod reaches it',
    series: { [store()]: '1x2 0x20', [store(OTHER_POD)]: '0x20' },
    at: '10m',
    firing: [critical(RELAY, 'All pods of relay have lost Redis, or one shard of it.')],
  },
  {
    alert: 'SluiceRedisDown',
    what: 'one pod reaches it',
    series: { [store()]: '1x20', [store(OTHER_POD)]: '0x20' },
    at: '10m',
    firing: [],
  },
  {
    alert: 'SluiceRedisUnreachable',
    what: 'one pod has lost it',
    series: { [store()]: '0x20', [store(OTHER_POD)]: '1x20' },
    at: '10m',
    firing: [
      warning(
        { ...POD, part: 'store' },
        'relay-0 10.0.0.1:9090 has been without Redis for 5 minutes.',
      ),
    ],
  },
  {
    alert: 'SluiceRedisUnreachable',
    what: 'it comes back after two minutes',
    series: { [store()]: '0x2 1x20' },
    at: '10m',
    firing: [],
  },
  {
    alert: 'SluiceRedisErrors',
    what: 'one in ten',
    series: { [errors('unavailable')]: '0+6x30', [call('append-message')]: '0+60x30' },
    at: '15m',
    firing: [warning(RELAY, '10% of the calls of Redis by relay fail.')],
  },
  {
    alert: 'SluiceRedisErrors',
    what: 'one in a thousand',
    series: { [errors('unavailable')]: '0+6x30', [call('append-message')]: '0+6000x30' },
    at: '15m',
    firing: [],
  },
  {
    alert: 'SluiceRedisFull',
    what: 'for the first time',
    series: { [errors('full')]: '_x10 1x20' },
    at: '13m',
    firing: [
      critical(
        RELAY,
        'Redis refused writes of relay for lack of memory in the last 5 minutes. Senders are told to wait.',
      ),
    ],
  },
  {
    alert: 'SluiceRedisFull',
    what: 'again',
    series: { [errors('full')]: '7x20 8x30' },
    at: '23m',
    firing: [
      critical(
        RELAY,
        'Redis refused writes of relay for lack of memory in the last 5 minutes. Senders are told to wait.',
      ),
    ],
  },
  {
    alert: 'SluiceRedisFull',
    what: 'long ago',
    series: { [errors('full')]: '7x40' },
    at: '30m',
    firing: [],
  },
  {
    alert: 'SluiceRedisMemoryHigh',
    what: '90 of 100',
    series: { [used]: '90x30', [maximum]: '100x30' },
    at: '20m',
    firing: [warning(RELAY, 'The fullest Redis of relay uses 90% of its maxmemory.')],
  },
  {
    alert: 'SluiceRedisMemoryHigh',
    what: 'it has no maximum',
    series: { [used]: '90x30', [maximum]: '0x30' },
    at: '20m',
    firing: [],
  },
  {
    alert: 'SluiceRedisSlow',
    what: 'all calls take between 0.1 and 0.25 s',
    series: {
      [call('append-message', '0.1')]: '0x30',
      [call('append-message', '0.25')]: '0+60x30',
      [call('append-message', '+Inf')]: '0+60x30',
    },
    at: '20m',
    firing: [warning(RELAY, '1 % of the calls of Redis by relay take longer than 248.5ms.')],
  },
  {
    alert: 'SluiceRedisSlow',
    what: 'only the disk is',
    series: {
      [call('append-message', '0.1')]: '0+60x30',
      [call('append-message', '+Inf')]: '0+60x30',
      [call('WAITAOF', '0.1')]: '0x30',
      [call('WAITAOF', '+Inf')]: '0+60x30',
    },
    at: '20m',
    firing: [],
  },
  {
    alert: 'SluiceRedisReconnecting',
    what: 'every minute',
    series: {
      [series('sluice_redis_reconnections_total', { ...POD, connection: 'nudges' })]: '0+1x60',
    },
    at: '40m',
    firing: [
      warning(POD, 'relay-0 10.0.0.1:9090 made 30 connections to Redis again in half an hour.'),
    ],
  },
  {
    alert: 'SluiceRedisReconnecting',
    what: 'a failover',
    series: {
      [series('sluice_redis_reconnections_total', { ...POD, connection: 'commands' })]: '0x20 2x40',
    },
    at: '40m',
    firing: [],
  },
  {
    alert: 'SluiceTotalsStale',
    what: 'ten minutes old',
    series: { [series('sluice_cluster_totals_age_seconds', POD)]: '600x20' },
    at: '10m',
    firing: [warning(RELAY, 'A pod of relay could not count queues and messages for 10m 0s.')],
  },
  {
    alert: 'SluiceTotalsStale',
    what: 'half a minute old',
    series: { [series('sluice_cluster_totals_age_seconds', POD)]: '30x20' },
    at: '10m',
    firing: [],
  },
  {
    alert: 'SluiceNudgeLag',
    what: 'all take between 0.5 and 1 s',
    series: { [nudges('0.5')]: '0x30', [nudges('1')]: '0+60x30', [nudges('+Inf')]: '0+60x30' },
    at: '20m',
    firing: [
      warning(RELAY, '1 % of the nudges through Redis to pods of relay take longer than 995ms.'),
    ],
  },
  {
    alert: 'SluiceNudgeLag',
    what: 'none takes half a second',
    series: { [nudges('0.5')]: '0+60x30', [nudges('1')]: '0+60x30', [nudges('+Inf')]: '0+60x30' },
    at: '20m',
    firing: [],
  },
  {
    alert: 'SluiceNudgesLost',
    what: 'no probe is heard',
    series: { [series('sluice_nudge_lag_seconds_count', POD)]: '100x30', [used]: '90x30' },
    at: '15m',
    firing: [
      warning(
        POD,
        'relay-0 10.0.0.1:9090 gets nothing that is published to it, and looks for messages every half second instead.',
      ),
    ],
  },
  {
    alert: 'SluiceNudgesLost',
    what: 'a relay without Redis',
    series: { [series('sluice_nudge_lag_seconds_count', POD)]: '0x30' },
    at: '15m',
    firing: [],
  },
  {
    alert: 'SluiceConnectionsPaused',
    what: 'one in ten',
    series: {
      [series('sluice_connections_paused', { ...POD, reason: 'work' })]: '10x30',
      [series('sluice_connections', { ...POD, kind: 'smp' })]: '100x30',
    },
    at: '15m',
    firing: [
      warning(
        POD,
        '10% of the connections of relay-0 10.0.0.1:9090 are not read since their commands are not answered yet.',
      ),
    ],
  },
  {
    alert: 'SluiceConnectionsPaused',
    what: 'clients that do not read',
    series: {
      [series('sluice_connections_paused', { ...POD, reason: 'work' })]: '0x30',
      [series('sluice_connections_paused', { ...POD, reason: 'output' })]: '50x30',
      [series('sluice_connections', { ...POD, kind: 'smp' })]: '100x30',
    },
    at: '15m',
    firing: [],
  },
  {
    alert: 'SluiceQueuesFull',
    what: 'every second SEND',
    series: { [quota]: '0+30x120', [sends]: '0+60x120' },
    at: '90m',
    firing: [warning(RELAY, '50% of the SENDs to relay are refused with QUOTA.')],
  },
  {
    alert: 'SluiceQueuesFull',
    what: 'one in a hundred',
    series: { [quota]: '0+1x120', [sends]: '0+100x120' },
    at: '90m',
    firing: [],
  },
  {
    alert: 'SluiceStoredBytesLimit',
    what: 'for the first time',
    series: { [refusals('stored_bytes')]: '_x20 5x20' },
    at: '25m',
    firing: [
      critical(
        RELAY,
        'Messages of relay reached SLUICE_LIMIT_STORED_BYTES; senders are told to wait.',
      ),
    ],
  },
  {
    alert: 'SluiceStoredBytesLimit',
    what: 'another limit refuses',
    series: { [refusals('stored_bytes')]: '5x60', [refusals('send_rate')]: '0+5x60' },
    at: '40m',
    firing: [],
  },
  {
    alert: 'SluiceLimitsRefuse',
    what: 'twenty a second',
    series: { [refusals('send_rate')]: '0+1200x60' },
    at: '30m',
    firing: [
      warning(
        { ...RELAY, limit: 'send_rate' },
        'The limit send_rate of relay turns away 20 a second.',
      ),
    ],
  },
  {
    alert: 'SluiceLimitsRefuse',
    what: 'one a second',
    series: { [refusals('send_rate')]: '0+60x60' },
    at: '30m',
    firing: [],
  },
  {
    alert: 'SluiceStoredMessagesGrow',
    what: 'ten times those of yesterday',
    series: { [messages]: '5000x1440 50000x200' },
    at: '1540m',
    firing: [warning(RELAY, 'relay stores 50k messages, twice as many as a day ago.')],
  },
  {
    alert: 'SluiceStoredMessagesGrow',
    what: 'a small relay',
    series: { [messages]: '5x1440 500x200' },
    at: '1540m',
    firing: [],
  },
]
