/** Every setting of the relay, each once; types, checks and documentation follow from this table. */
import { z } from 'zod'
import {
  anyText,
  clusterKeys,
  dnsServers,
  domains,
  hostRules,
  hosts,
  integer,
  type Kind,
  listenAddress,
  oneOf,
  onOff,
  partitions,
  password,
  path,
  ports,
  redisAddress,
  socksServer,
  versionRange,
} from './values.ts'

const HOUR = 3600
const DAY = 24 * HOUR
const WEEK = 7 * DAY
const TEN_YEARS = 3650 * DAY

interface About {
  readonly variable: `SLUICE_${string}`
  /** One line. */
  readonly help: string
  /** Never printed, and may be given as a file by the name with `_FILE`. */
  readonly secret?: true
}

export interface Setting extends About, Omit<Kind<unknown>, 'schema'> {
  /** As one would write it; without it the setting may be absent. */
  readonly default?: string
}

const registry = z.registry<Setting>()

const optional = <T>(kind: Kind<T>, about: About) => {
  const { schema, ...form } = kind
  return z.exactOptional(schema).register(registry, { ...form, ...about })
}

const setting = <T>(kind: Kind<T>, fallback: string, about: About) => {
  const { schema, ...form } = kind
  return schema.prefault(fallback).register(registry, { ...form, ...about, default: fallback })
}

export const settingsSchema = z.object({
  hosts: setting(hosts, 'localhost', {
    variable: 'SLUICE_HOST',
    help: 'Names put into the address; clients connect to them.',
  }),
  bind: optional(listenAddress, {
    variable: 'SLUICE_BIND',
    help: 'Address to listen on; absent: all addresses.',
  }),
  ports: setting(ports, '5223', {
    variable: 'SLUICE_PORT',
    help: 'TLS ports; the first one is put into the address.',
  }),
  dataDir: setting(path, './data', {
    variable: 'SLUICE_DATA_DIR',
    help: 'Folder of the identity: `ca.crt`, `server.crt`, `server.key` (and `ca.key` where made).',
  }),
  reusePort: setting(onOff, 'off', {
    variable: 'SLUICE_REUSE_PORT',
    help: 'Whether several relays of one machine may listen on the same ports (`SO_REUSEPORT`).',
  }),
  redisUrl: optional(redisAddress, {
    variable: 'SLUICE_REDIS_URL',
    help: 'Redis or Valkey that the relays of a cluster share; absent: queues live in this process.',
    secret: true,
  }),
  redisCa: optional(path, {
    variable: 'SLUICE_REDIS_CA',
    help: 'File of authorities (PEM) for `rediss` servers; absent: those of the system.',
  }),
  redisSentinelPassword: optional(anyText, {
    variable: 'SLUICE_REDIS_SENTINEL_PASSWORD',
    help: 'Password of the sentinels themselves; absent: none.',
    secret: true,
  }),
  redisEviction: setting(oneOf(['refused', 'allowed']), 'refused', {
    variable: 'SLUICE_REDIS_EVICTION',
    help: 'Whether a Redis may be used that deletes queues when its memory is full (`maxmemory-policy`).',
  }),
  clusterKeys: optional(clusterKeys, {
    variable: 'SLUICE_CLUSTER_KEY',
    help: 'Blinds ids and seals records in Redis; the same for all relays of a cluster.',
    secret: true,
  }),
  durability: setting(oneOf(['memory', 'replica', 'fsync']), 'memory', {
    variable: 'SLUICE_DURABILITY',
    help: 'What accepts a message: the memory of Redis, a replica too, or the disk.',
  }),
  partitions: setting(partitions, '256', {
    variable: 'SLUICE_PARTITIONS',
    help: 'Parts that the queues of a new cluster are spread over; a cluster keeps what it began with.',
  }),
  newQueues: setting(onOff, 'on', {
    variable: 'SLUICE_NEW_QUEUES',
    help: 'Whether clients may create queues.',
  }),
  createPassword: optional(password, {
    variable: 'SLUICE_CREATE_PASSWORD',
    help: 'Password asked for the creation of queues; absent: none.',
    secret: true,
  }),
  proxy: setting(onOff, 'on', {
    variable: 'SLUICE_PROXY',
    help: 'Whether clients may have commands forwarded to other relays (private message routing).',
  }),
  proxyAllowPrivate: setting(onOff, 'off', {
    variable: 'SLUICE_PROXY_ALLOW_PRIVATE',
    help: 'Whether these may be on private, loopback and other addresses that are not public.',
  }),
  proxyAllow: optional(hostRules, {
    variable: 'SLUICE_PROXY_ALLOW',
    help: 'The only relays that are forwarded to; absent: all.',
  }),
  proxyDeny: optional(hostRules, {
    variable: 'SLUICE_PROXY_DENY',
    help: 'Relays that are not forwarded to; wins over `SLUICE_PROXY_ALLOW`.',
  }),
  proxyHostMode: setting(oneOf(['public', 'onion']), 'public', {
    variable: 'SLUICE_PROXY_HOST_MODE',
    help: 'Which host of a relay is used where it has public and `.onion` ones.',
  }),
  proxyHostRequired: setting(onOff, 'off', {
    variable: 'SLUICE_PROXY_HOST_REQUIRED',
    help: 'Whether relays without a host of that kind are not forwarded to.',
  }),
  proxyOwnDomains: optional(domains, {
    variable: 'SLUICE_PROXY_OWN_DOMAINS',
    help: 'Domains of relays that count as one’s own in statistics of what was forwarded.',
  }),
  proxyDns: optional(dnsServers, {
    variable: 'SLUICE_PROXY_DNS',
    help: 'DNS servers that are asked for other relays; absent: those of the system.',
  }),
  socksProxy: optional(socksServer, {
    variable: 'SLUICE_SOCKS_PROXY',
    help: 'SOCKS5 server for connections to other relays; absent: none, and no `.onion` hosts.',
    secret: true,
  }),
  socksMode: setting(oneOf(['onion', 'always']), 'onion', {
    variable: 'SLUICE_SOCKS_MODE',
    help: 'Whether that is used for `.onion` hosts only.',
  }),
  proxyConnectSeconds: setting(integer({ min: 1, max: 600, unit: 'seconds' }), '45', {
    variable: 'SLUICE_PROXY_CONNECT_SECONDS',
    help: 'Time in which a session with another relay must be there.',
  }),
  proxyResponseSeconds: setting(integer({ min: 1, max: 600, unit: 'seconds' }), '30', {
    variable: 'SLUICE_PROXY_RESPONSE_SECONDS',
    help: 'Time in which another relay must answer a command.',
  }),
  proxyRetrySeconds: setting(integer({ min: 0, max: HOUR, unit: 'seconds' }), '30', {
    variable: 'SLUICE_PROXY_RETRY_SECONDS',
    help: 'Time for which a relay that gave no session is not tried again.',
  }),
  proxyIdleSeconds: setting(integer({ min: 1, max: WEEK, unit: 'seconds' }), `${HOUR}`, {
    variable: 'SLUICE_PROXY_IDLE_SECONDS',
    help: 'Time after which a session with another relay that nobody uses is closed.',
  }),
  proxyClientConcurrency: setting(integer({ min: 1, max: 10_000, unit: 'commands' }), '32', {
    variable: 'SLUICE_PROXY_CLIENT_CONCURRENCY',
    help: 'Commands of one client that other relays work on at a time; then nothing is read from it.',
  }),
  proxyConcurrency: setting(integer({ min: 1, max: 1_000_000, unit: 'commands' }), '2048', {
    variable: 'SLUICE_PROXY_CONCURRENCY',
    help: 'Commands that other relays work on at a time in total, a quarter of them at one relay.',
  }),
  versions: setting(versionRange, '6-18', {
    variable: 'SLUICE_SMP_VERSIONS',
    help: 'SMP versions offered.',
  }),
  queueQuota: setting(integer({ min: 1, max: 1_000_000, unit: 'messages' }), '128', {
    variable: 'SLUICE_QUEUE_QUOTA',
    help: 'Messages a queue holds before its sender is told to wait.',
  }),
  messageTtlSeconds: setting(integer({ min: 1, max: TEN_YEARS, unit: 'seconds' }), `${21 * DAY}`, {
    variable: 'SLUICE_MESSAGE_TTL_SECONDS',
    help: 'Age at which a message that was not received is deleted.',
  }),
  expiryIntervalSeconds: setting(integer({ min: 1, max: WEEK, unit: 'seconds' }), `${2 * HOUR}`, {
    variable: 'SLUICE_EXPIRY_INTERVAL_SECONDS',
    help: 'Time between two searches for old messages.',
  }),
  expireOnSend: setting(onOff, 'on', {
    variable: 'SLUICE_EXPIRE_ON_SEND',
    help: 'Whether sending to a queue first frees it of its old messages.',
  }),
  notificationTtlSeconds: setting(integer({ min: 1, max: TEN_YEARS, unit: 'seconds' }), `${DAY}`, {
    variable: 'SLUICE_NOTIFICATION_TTL_SECONDS',
    help: 'Age at which a notification that was not delivered is deleted.',
  }),
  notificationIntervalMs: setting(integer({ min: 1, max: 60_000, unit: 'ms' }), '100', {
    variable: 'SLUICE_NOTIFICATION_INTERVAL_MS',
    help: 'Time over which notifications are collected before they are sent together.',
  }),
  inactiveTtlSeconds: setting(integer({ min: 0, max: TEN_YEARS, unit: 'seconds' }), `${6 * HOUR}`, {
    variable: 'SLUICE_INACTIVE_TTL_SECONDS',
    help: 'Silence after which a connection without subscriptions is closed; 0: never.',
  }),
  inactiveIntervalSeconds: setting(integer({ min: 1, max: WEEK, unit: 'seconds' }), `${HOUR}`, {
    variable: 'SLUICE_INACTIVE_INTERVAL_SECONDS',
    help: 'Time between two searches for silent connections.',
  }),
  handshakeTimeoutSeconds: setting(integer({ min: 1, max: 600, unit: 'seconds' }), '60', {
    variable: 'SLUICE_HANDSHAKE_TIMEOUT_SECONDS',
    help: 'Time a new connection has for its TLS handshake, and then for its client hello.',
  }),
  drainSeconds: setting(integer({ min: 0, max: HOUR, unit: 'seconds' }), '30', {
    variable: 'SLUICE_DRAIN_SECONDS',
    help: 'Longest time a stopping relay takes to close its connections.',
  }),
  logLevel: setting(oneOf(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']), 'info', {
    variable: 'SLUICE_LOG_LEVEL',
    help: 'Least important level that is logged.',
  }),
})

export type Settings = Readonly<z.output<typeof settingsSchema>>
export type SettingName = keyof Settings

/** Where the optional file of settings is; read before the others, so not among them. */
export const configFile: Setting = {
  variable: 'SLUICE_CONFIG',
  help: 'File of settings, a line `NAME=value` each; the environment wins over it.',
  allowed: path.allowed,
}

const describe = (name: SettingName): Setting => {
  const about = registry.get(settingsSchema.shape[name])
  if (about === undefined) throw new Error(`setting ${name} is not described`)
  return about
}

export const settingNames: readonly SettingName[] = settingsSchema.keyof().options
export const settingsTable: ReadonlyMap<SettingName, Setting> = new Map(
  settingNames.map((name) => [name, describe(name)]),
)
