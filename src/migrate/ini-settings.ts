/** The settings of smp-server.ini in the words of this relay (reference, smp-server.ini). */
import type { Ini } from './ini.ts'

export interface TranslatedSetting {
  readonly variable: string
  readonly value: string
  readonly isSecret: boolean
}

export interface TranslatedSettings {
  readonly settings: readonly TranslatedSetting[]
  /** What has no equivalent, a line each. */
  readonly without: readonly string[]
}

type Translated = readonly [variable: string, value: string]
type Translate = (text: string, ini: Ini) => readonly Translated[] | string

const DAY = 86_400
const HOUR = 3600

const as =
  (variable: string): Translate =>
  (text) => [[variable, text]]

const times =
  (variable: string, factor: number): Translate =>
  (text) => [[variable, /^\d+$/.test(text) ? `${Number(text) * factor}` : text]]

const domains: Translate = (text) => [
  [
    'SLUICE_PROXY_OWN_DOMAINS',
    text
      .split(/[\s,]+/)
      .filter(Boolean)
      .join(','),
  ],
]

const blockQuota: Translate = (text) => [
  ['SLUICE_BLOCK_QUOTA', text.startsWith('-') ? 'off' : text],
]

/** Nothing to be said of it here. */
const covered: Translate = () => []

const without =
  (reason: string): Translate =>
  () =>
    reason

const unlessOff =
  (reason: string): Translate =>
  (text) =>
    text === 'off' ? [] : reason

const inRedis = covered

/** A page on a port of its own; the port is among the others where browsers share theirs with apps. */
const webPort: Translate = (text, ini) => {
  const ports = (ini.get('TRANSPORT.port') ?? '').split(',').map((port) => port.trim())
  return ports.includes(text) ? [] : [['SLUICE_WSS_PORT', text]]
}

const information: readonly (readonly [string, Translate])[] = [
  ...['source_code', 'usage_conditions', 'condition_amendments', 'server_country', 'operator'],
  ...['operator_country', 'website', 'hosting', 'hosting_country', 'hosting_type'],
  ...['admin_simplex', 'admin_email', 'admin_pgp', 'admin_pgp_fingerprint'],
  ...['complaints_simplex', 'complaints_email', 'complaints_pgp', 'complaints_pgp_fingerprint'],
].map((key) => [`INFORMATION.${key}`, as(`SLUICE_INFO_${key.toUpperCase()}`)] as const)

const METRICS = 'statistics are metrics here, always on'
const CONTROL = 'instead of the control port there is the admin API, with a token'

const table: ReadonlyMap<string, Translate> = new Map<string, Translate>([
  ...['enable', 'store_queues', 'store_messages', 'restore_messages'].map(
    (key) => [`STORE_LOG.${key}`, inRedis] as const,
  ),
  ...['db_connection', 'db_schema', 'db_pool_size', 'db_store_log', 'db_deleted_ttl'].map(
    (key) => [`STORE_LOG.${key}`, inRedis] as const,
  ),
  ['STORE_LOG.expire_messages_days', times('SLUICE_MESSAGE_TTL_SECONDS', DAY)],
  ['STORE_LOG.expire_messages_on_start', covered],
  ['STORE_LOG.expire_messages_on_send', as('SLUICE_EXPIRE_ON_SEND')],
  ['STORE_LOG.expire_ntfs_hours', times('SLUICE_NOTIFICATION_TTL_SECONDS', HOUR)],
  ['STORE_LOG.log_stats', unlessOff(METRICS)],
  ['STORE_LOG.prometheus_interval', without(METRICS)],
  ['AUTH.new_queues', as('SLUICE_NEW_QUEUES')],
  ['AUTH.create_password', as('SLUICE_CREATE_PASSWORD')],
  ['AUTH.control_port_admin_password', without(CONTROL)],
  ['AUTH.control_port_user_password', without(CONTROL)],
  ['AUTH.daily_block_queue_quota', blockQuota],
  ['TRANSPORT.host', as('SLUICE_HOST')],
  ['TRANSPORT.port', as('SLUICE_PORT')],
  ['TRANSPORT.log_tls_errors', unlessOff('SLUICE_LOG_LEVEL is the nearest')],
  ['TRANSPORT.websockets', unlessOff('browsers are served where SLUICE_WEB_CERT is set')],
  ['TRANSPORT.control_port', without(CONTROL)],
  ['TRANSPORT.accept_service_credentials', as('SLUICE_SERVICES')],
  ['PROXY.host_mode', as('SLUICE_PROXY_HOST_MODE')],
  ['PROXY.required_host_mode', as('SLUICE_PROXY_HOST_REQUIRED')],
  ['PROXY.own_server_domains', domains],
  ['PROXY.socks_proxy', as('SLUICE_SOCKS_PROXY')],
  ['PROXY.socks_mode', as('SLUICE_SOCKS_MODE')],
  ['PROXY.client_concurrency', as('SLUICE_PROXY_CLIENT_CONCURRENCY')],
  [
    'INACTIVE_CLIENTS.disconnect',
    (text) => (text === 'off' ? [['SLUICE_INACTIVE_TTL_SECONDS', '0']] : []),
  ],
  [
    'INACTIVE_CLIENTS.ttl',
    (text, ini) =>
      ini.get('INACTIVE_CLIENTS.disconnect') === 'on'
        ? [['SLUICE_INACTIVE_TTL_SECONDS', text]]
        : [],
  ],
  ['INACTIVE_CLIENTS.check_interval', as('SLUICE_INACTIVE_INTERVAL_SECONDS')],
  ['WEB.static_path', without('the pages are made by the relay itself')],
  ['WEB.http', without('SLUICE_WS_PORT serves pages without TLS, behind an ingress')],
  ['WEB.https', webPort],
  ['WEB.cert', as('SLUICE_WEB_CERT')],
  ['WEB.key', as('SLUICE_WEB_KEY')],
  ...information,
])

/** What a missing key means to the reference, where a missing setting means something else here. */
const absent: readonly (readonly [key: string, setting: Translated])[] = [
  ['INACTIVE_CLIENTS.disconnect', ['SLUICE_INACTIVE_TTL_SECONDS', '0']],
]

const secrets: ReadonlySet<string> = new Set(['SLUICE_CREATE_PASSWORD', 'SLUICE_SOCKS_PROXY'])

export const translateIni = (ini: Ini): TranslatedSettings => {
  const settings: TranslatedSetting[] = []
  const none: string[] = []
  const add = ([variable, value]: Translated) =>
    settings.push({ variable, value, isSecret: secrets.has(variable) })
  for (const [key, text] of ini) {
    const translate = table.get(key)
    const translated = translate === undefined ? 'it is not known' : translate(text, ini)
    if (typeof translated === 'string') none.push(`${key}: ${translated}`)
    else translated.forEach(add)
  }
  for (const [key, setting] of absent) if (!ini.has(key)) add(setting)
  return { settings, without: none }
}

/** Why the ini says that the files are not where a server keeps its state. */
export const storeProblem = (ini: Ini): string | undefined => {
  if (ini.get('STORE_LOG.store_queues') === 'database')
    return "the server keeps its queues in PostgreSQL: 'smp-server database export' writes the files, then set store_queues and store_messages to memory and import again"
  if (ini.get('STORE_LOG.store_messages') === 'journal')
    return "the server keeps its messages in a journal: 'smp-server journal export' writes the file, then set store_messages to memory and import again"
  if (ini.get('STORE_LOG.enable') === 'off')
    return 'the server keeps nothing on disk (STORE_LOG.enable: off): there is nothing to import'
  return undefined
}

const quoted = (value: string): string => {
  if (/^[^'"`#\s]+$/.test(value)) return value
  return value.includes('"') ? `'${value}'` : `"${value}"`
}

/** Lines of a file for SLUICE_CONFIG; secrets are left out unless they are asked for. */
export const settingsFile = (
  { settings, without: none }: TranslatedSettings,
  { withSecrets }: { readonly withSecrets: boolean },
): string => {
  const lines = settings.map(({ variable, value, isSecret }) =>
    isSecret && !withSecrets
      ? `# ${variable}= is set in smp-server.ini: --settings FILE writes it`
      : `${variable}=${quoted(value)}`,
  )
  const rest =
    none.length === 0 ? [] : ['', '# Without equivalent:', ...none.map((one) => `# ${one}`)]
  return `${['# From smp-server.ini', ...lines, ...rest].join('\n')}\n`
}
