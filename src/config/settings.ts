/** Every setting of the relay, each once; types, checks and documentation follow from this table. */
import { z } from 'zod'
import { adminSettings } from './admin-settings.ts'
import { informationSettings } from './information-settings.ts'
import { lifecycleSettings } from './lifecycle-settings.ts'
import { limitSettings } from './limit-settings.ts'
import { opsSettings } from './ops-settings.ts'
import { proxySettings } from './proxy-settings.ts'
import { DAY, HOUR, optional, registry, type Setting, setting, TEN_YEARS, WEEK } from './setting.ts'
import { tracingSettings } from './tracing-settings.ts'
import {
  anyText,
  clusterKeys,
  hosts,
  integer,
  listenAddress,
  oneOf,
  onOff,
  partitions,
  password,
  path,
  ports,
  redisAddress,
  versionRange,
} from './values.ts'
import { networks, origins } from './web-values.ts'

export type { Setting } from './setting.ts'

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
  wsPorts: optional(ports, {
    variable: 'SLUICE_WS_PORT',
    help: 'Ports for WebSocket and page without TLS, behind an ingress that ends it; absent: none.',
  }),
  wssPorts: optional(ports, {
    variable: 'SLUICE_WSS_PORT',
    help: 'TLS ports for WebSocket and page only; absent: none.',
  }),
  wsOrigins: optional(origins, {
    variable: 'SLUICE_WS_ORIGINS',
    help: 'Pages that may connect by WebSocket; absent: those of any site.',
  }),
  webCert: optional(path, {
    variable: 'SLUICE_WEB_CERT',
    help: 'File of the certificate for browsers and its chain (PEM); absent: TLS ports speak SMP only.',
  }),
  webKey: optional(path, {
    variable: 'SLUICE_WEB_KEY',
    help: 'File of the key of `SLUICE_WEB_CERT` (PEM).',
  }),
  proxyProtocolFrom: optional(networks, {
    variable: 'SLUICE_PROXY_PROTOCOL_FROM',
    help: 'Load balancers: connections to TLS ports from there begin with a PROXY header, v1 or v2.',
  }),
  ...informationSettings,
  ...opsSettings,
  ...tracingSettings,
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
  durabilityReplicas: setting(integer({ min: 1, max: 16, unit: 'replicas' }), '1', {
    variable: 'SLUICE_DURABILITY_REPLICAS',
    help: 'Replicas of a primary that have to confirm, with SLUICE_DURABILITY replica.',
  }),
  partitions: setting(partitions, '256', {
    variable: 'SLUICE_PARTITIONS',
    help: 'Parts that the queues of a new cluster are spread over; a cluster keeps what it began with.',
  }),
  cachedQueues: setting(integer({ min: 100, max: 100_000_000, unit: 'queues' }), '100000', {
    variable: 'SLUICE_CACHED_QUEUES',
    help: 'Records of queues that a pod keeps in memory, with Redis; about 1.5 KB each.',
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
  services: setting(onOff, 'on', {
    variable: 'SLUICE_SERVICES',
    help: 'Whether clients are asked for certificates, by which notification servers are services.',
  }),
  ...proxySettings,
  ...limitSettings,
  ...adminSettings,
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
  ...lifecycleSettings,
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
