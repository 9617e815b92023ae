/** One relay process: listeners, sessions and store put together. */
import { X509Certificate } from 'node:crypto'
import type { Logger } from 'pino'
import type { AdminApi } from './admin/admin-api.ts'
import type { Information } from './config/information.ts'
import { LiveSettings, type SettingChanges } from './config/live-settings.ts'
import type { Settings } from './config/settings.ts'
import { nativeCrypto } from './crypto/native.ts'
import { Hub } from './delivery/hub.ts'
import { FaultLog } from './fault-log.ts'
import type { Identity } from './identity/identity.ts'
import { IdentityError } from './identity/identity-error.ts'
import type { Drain } from './lifecycle/drain.ts'
import type { Lifecycle, RelayState } from './lifecycle/lifecycle.ts'
import type { Shed, ShedOptions } from './lifecycle/shed.ts'
import type { Limits } from './limits/limits.ts'
import { Listeners } from './listeners.ts'
import { openAdmin } from './open-admin.ts'
import { openLifecycle } from './open-lifecycle.ts'
import { openLimits } from './open-limits.ts'
import { openProxy } from './open-proxy.ts'
import { type ClusterStore, openStore } from './open-store.ts'
import { openTracing } from './open-tracing.ts'
import type { Ops } from './ops/ops.ts'
import { equalBytes } from './protocol/bytes.ts'
import type { Relays } from './proxy/relays.ts'
import type { Session } from './session/session.ts'
import { Sessions } from './sessions.ts'
import type { Tracing } from './tracing/tracing.ts'
import type { TlsCredentials } from './transport/tls.ts'
import type { Transport } from './transport/transport.ts'
import { WebSockets } from './transport/web-socket.ts'
import { openSite, type Site } from './web/site.ts'
import { siteContent } from './web/site-content.ts'

export interface RelayOptions {
  readonly settings: Settings
  readonly identity: Identity
  /** For browsers; without it TLS ports speak SMP only. */
  readonly webCertificate?: TlsCredentials | undefined
  /** Of who runs it, for its page. */
  readonly information?: Information | undefined
  readonly log: Logger
  /** Learns how the relay is. */
  readonly ops?: Ops | undefined
  /** Milliseconds since the epoch. */
  readonly now?: () => number
}

export interface Relay extends AsyncDisposable {
  /** TLS ports that speak SMP, in the order of the settings. */
  readonly ports: readonly number[]
  /** Ports for WebSocket and page, with TLS and without. */
  readonly webPorts: Readonly<Record<'wss' | 'ws', readonly number[]>>
  /** Of the admin API, if there is one. */
  readonly adminPort: number | undefined
  /** What they refused, and `configure` for other numbers. */
  readonly limits: Limits
  /** For connections from now on; without effect if there was no certificate before. */
  renewWebCertificate(certificate: TlsCredentials): void
  /**
   * For connections from now on.
   * @throws IdentityError for one with another fingerprint: clients know the relay by that
   */
  renewIdentity(identity: Identity): void
  /** Takes over those of the settings that need no restart. */
  configure(settings: Settings): SettingChanges
  readonly state: RelayState
  /** How many there are, from their hello on. */
  readonly connections: number
  /**
   * Stops accepting (after SLUICE_DRAIN_DELAY_SECONDS), answers what was received, and closes the
   * connections, paced, within SLUICE_DRAIN_SECONDS. For good; called again it returns the same.
   */
  drain(): Drain
  /** Closes a share of the connections gently and goes on serving. @throws RangeError */
  shed(options: ShedOptions): Shed
  /** Frees everything. Without a drain before, all connections are closed at once. */
  close(): Promise<void>
}

interface Parts {
  readonly hub: Hub<Session>
  readonly store: ClusterStore
  readonly faults: FaultLog
  readonly live: LiveSettings
  readonly tracing: Tracing | undefined
}

const expiryOf = ({ chainPem }: TlsCredentials): Date => new X509Certificate(chainPem).validToDate

class RunningRelay implements Relay {
  readonly #options: RelayOptions
  readonly #live: LiveSettings
  readonly #faults: FaultLog
  readonly #store: ClusterStore
  readonly #tracing: Tracing | undefined
  readonly #proxy: Relays | undefined
  readonly limits: Limits
  readonly #sessions: Sessions
  readonly #lifecycle: Lifecycle
  #identity: Identity
  #webNotAfter: Date | undefined
  #site: Site | undefined
  #listeners: Listeners | undefined
  #admin: AdminApi | undefined
  #closing: Promise<void> | undefined

  constructor(options: RelayOptions, { hub, store, faults, live, tracing }: Parts) {
    this.#faults = faults
    this.#live = live
    const settings = live.current
    this.#options = { ...options, settings }
    this.#identity = options.identity
    this.#store = store
    this.#tracing = tracing
    const parts = { crypto: nativeCrypto, now: options.now ?? Date.now, settings }
    this.#proxy = openProxy(settings, { ...parts, onFault: faults.tell })
    this.limits = openLimits({ ...options, store, onFault: faults.tell })
    this.#sessions = new Sessions({
      ...{ ...options, ...parts, hub, store, faults, tracing },
      proxy: this.#proxy,
      limits: this.limits,
      measures: options.ops?.measures,
    })
    this.#webNotAfter = options.webCertificate && expiryOf(options.webCertificate)
    options.ops?.health.watchDraining(() => this.state !== 'serving')
    options.ops?.show({
      ...{ store, limits: this.limits, proxy: this.#proxy?.statistics, onFault: faults.tell },
      certificates: () => ({ identity: this.#identity.notAfter, web: this.#webNotAfter }),
    })
    this.#lifecycle = openLifecycle({
      ...{ settings, store, faults, log: options.log, sessions: this.#sessions },
      stopListening: () => this.#listeners?.stop(),
      stopWaiting: () => {
        this.#proxy?.close()
        this.limits.stop()
      },
    })
  }

  get ports(): readonly number[] {
    return this.#listeners?.ports.smp ?? []
  }

  get webPorts(): Relay['webPorts'] {
    const { wss = [], ws = [] } = this.#listeners?.ports ?? {}
    return { wss, ws }
  }

  get state(): RelayState {
    return this.#lifecycle.state
  }

  get connections(): number {
    return this.#sessions.size
  }

  get adminPort(): number | undefined {
    return this.#admin?.port
  }

  async listen(): Promise<void> {
    const { settings, identity, webCertificate, information, ops } = this.#options
    const accept = (transport: Transport) => this.#sessions.accept(transport, this.#identity)
    this.#site = await openSite({
      content: () => siteContent({ settings, identity, information, ports: this.ports }),
      webSockets: new WebSockets(settings.wsOrigins, accept),
      timeoutMs: settings.handshakeTimeoutSeconds * 1000,
    })
    this.#listeners = new Listeners({
      settings,
      identity,
      webCertificate,
      http: this.#site.connections,
      limits: this.limits,
      measures: ops?.measures.transport,
      randomBytes: nativeCrypto.randomBytes,
      accept: (transport, shown) => this.#sessions.accept(transport, shown),
    })
    this.limits.start()
    await this.#listeners.open()
    const [store, faults, service] = [this.#store, this.#faults, this.#lifecycle]
    const statistics = () => ({ ...this.#sessions.counts, proxy: this.#proxy?.statistics ?? null })
    this.#admin = await openAdmin({ ...this.#options, store, faults, service, statistics })
    ops?.health.watch('listeners')
  }

  renewWebCertificate(certificate: TlsCredentials): void {
    this.#listeners?.renewWebCertificate(certificate)
    this.#webNotAfter = expiryOf(certificate)
  }

  renewIdentity(identity: Identity): void {
    if (!equalBytes(identity.fingerprint, this.#identity.fingerprint))
      throw new IdentityError('it is another identity, and with it another address')
    this.#identity = identity
    this.#listeners?.renewIdentity(identity)
  }

  configure(settings: Settings): SettingChanges {
    const changes = this.#live.apply(settings)
    this.limits.configure({ ...this.#live.current })
    this.#sessions.configure()
    this.#lifecycle.configure()
    this.#site?.renew()
    return changes
  }

  drain(): Drain {
    return this.#lifecycle.drain()
  }

  shed(options: ShedOptions): Shed {
    return this.#lifecycle.shed(options)
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #close(): Promise<void> {
    await this.#lifecycle.stop()
    this.limits.stop()
    this.#options.ops?.stop()
    this.#listeners?.destroy()
    await this.#admin?.[Symbol.asyncDispose]()
    this.#proxy?.close()
    await this.#site?.[Symbol.asyncDispose]()
    await this.#store.close()
    await this.#tracing?.[Symbol.asyncDispose]()
    this.#faults.close()
  }
}

/**
 * Starts a relay; with SLUICE_REDIS_URL its queues are those of the cluster, otherwise its own.
 * @throws the listener's error, such as EADDRINUSE, or what is wrong with Redis (ServerProblem);
 *   nothing is left running then
 */
export const startRelay = async (options: RelayOptions): Promise<Relay> => {
  const live = new LiveSettings(options.settings)
  const tracing = await openTracing({ ...options, settings: live.current })
  const parts = { hub: new Hub<Session>(), faults: new FaultLog(options.log), live, tracing }
  const ears = { deliver: parts.hub.deliver, onFault: parts.faults.tell }
  const store = await openStore({ ...options, settings: live.current, tracing }, ears)
  const relay = new RunningRelay(options, { ...parts, store })
  try {
    await relay.listen()
    return relay
  } catch (error) {
    await relay.close()
    throw error
  }
}
