/** One relay process: listeners, sessions and store put together. */
import type { Logger } from 'pino'
import type { AdminApi } from './admin/admin-api.ts'
import type { Information } from './config/information.ts'
import type { Settings } from './config/settings.ts'
import { nativeCrypto } from './crypto/native.ts'
import { Hub } from './delivery/hub.ts'
import { FaultLog } from './fault-log.ts'
import type { Identity } from './identity/identity.ts'
import { Listeners } from './listeners.ts'
import { openAdmin } from './open-admin.ts'
import { openProxy } from './open-proxy.ts'
import { openStore } from './open-store.ts'
import type { Relays } from './proxy/relays.ts'
import type { Session } from './session/session.ts'
import { Sessions } from './sessions.ts'
import type { QueueStore } from './store/store.ts'
import type { TlsCredentials } from './transport/tls.ts'
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
  /** For connections from now on; without effect if there was no certificate before. */
  renewWebCertificate(certificate: TlsCredentials): void
  /** Stops accepting, closes the connections within the drain time, and frees everything. */
  close(): Promise<void>
}

interface Parts {
  readonly hub: Hub<Session>
  readonly store: QueueStore
  readonly faults: FaultLog
}

class RunningRelay implements Relay {
  readonly #options: RelayOptions
  readonly #faults: FaultLog
  readonly #store: QueueStore
  readonly #proxy: Relays | undefined
  readonly #sessions: Sessions
  #site: Site | undefined
  #listeners: Listeners | undefined
  #admin: AdminApi | undefined
  #closing: Promise<void> | undefined

  constructor(options: RelayOptions, { hub, store, faults }: Parts) {
    this.#faults = faults
    const { settings } = options
    this.#options = options
    this.#store = store
    const parts = { crypto: nativeCrypto, now: options.now ?? Date.now }
    this.#proxy = openProxy(settings, { ...parts, onFault: faults.tell })
    this.#sessions = new Sessions({ ...options, ...parts, hub, store, faults, proxy: this.#proxy })
  }

  get ports(): readonly number[] {
    return this.#listeners?.ports.smp ?? []
  }

  get webPorts(): Relay['webPorts'] {
    const { wss = [], ws = [] } = this.#listeners?.ports ?? {}
    return { wss, ws }
  }

  get adminPort(): number | undefined {
    return this.#admin?.port
  }

  async listen(): Promise<void> {
    const { settings, identity, webCertificate, information } = this.#options
    const { accept } = this.#sessions
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
      randomBytes: nativeCrypto.randomBytes,
      accept,
    })
    await this.#listeners.open()
    const [store, faults] = [this.#store, this.#faults]
    const statistics = () => ({ ...this.#sessions.counts, proxy: this.#proxy?.statistics ?? null })
    this.#admin = await openAdmin({ ...this.#options, store, faults, statistics })
  }

  renewWebCertificate(certificate: TlsCredentials): void {
    this.#listeners?.renewWebCertificate(certificate)
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #close(): Promise<void> {
    this.#listeners?.stop()
    await this.#sessions.close()
    this.#listeners?.destroy()
    await this.#admin?.[Symbol.asyncDispose]()
    this.#proxy?.close()
    await this.#site?.[Symbol.asyncDispose]()
    await this.#store.close()
    this.#faults.close()
  }
}

/**
 * Starts a relay; with SLUICE_REDIS_URL its queues are those of the cluster, otherwise its own.
 * @throws the listener's error, such as EADDRINUSE, or what is wrong with Redis (ServerProblem);
 *   nothing is left running then
 */
export const startRelay = async (options: RelayOptions): Promise<Relay> => {
  const parts = { hub: new Hub<Session>(), faults: new FaultLog(options.log) }
  const store = await openStore(options, { deliver: parts.hub.deliver, onFault: parts.faults.tell })
  const relay = new RunningRelay(options, { ...parts, store })
  try {
    await relay.listen()
    return relay
  } catch (error) {
    await relay.close()
    throw error
  }
}
