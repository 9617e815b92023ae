/** One relay process: listeners, sessions and store put together. */
import { X509Certificate } from 'node:crypto'
import type { Logger } from 'pino'
import type { Information } from './config/information.ts'
import type { Settings } from './config/settings.ts'
import { nativeCrypto } from './crypto/native.ts'
import { Hub } from './delivery/hub.ts'
import { FaultLog } from './fault-log.ts'
import type { Identity } from './identity/identity.ts'
import { Listeners } from './listeners.ts'
import { openProxy } from './open-proxy.ts'
import { openStore } from './open-store.ts'
import type { Ops } from './ops/ops.ts'
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

const expiryOf = ({ chainPem }: TlsCredentials): Date => new X509Certificate(chainPem).validToDate

class RunningRelay implements Relay {
  readonly #options: RelayOptions
  readonly #faults: FaultLog
  readonly #store: QueueStore
  readonly #proxy: Relays | undefined
  readonly #sessions: Sessions
  #webNotAfter: Date | undefined
  #site: Site | undefined
  #listeners: Listeners | undefined
  #closing: Promise<void> | undefined

  constructor(options: RelayOptions, { hub, store, faults }: Parts) {
    this.#faults = faults
    const { settings } = options
    this.#options = options
    this.#store = store
    const parts = { crypto: nativeCrypto, now: options.now ?? Date.now }
    this.#proxy = openProxy(settings, { ...parts, onFault: faults.tell })
    const measures = options.ops?.measures
    const shared = { hub, store, faults, measures, proxy: this.#proxy }
    this.#sessions = new Sessions({ ...options, ...parts, ...shared })
    this.#webNotAfter = options.webCertificate && expiryOf(options.webCertificate)
    options.ops?.show({
      store,
      proxy: this.#proxy?.statistics,
      certificates: () => ({ identity: options.identity.notAfter, web: this.#webNotAfter }),
      onFault: faults.tell,
    })
  }

  get ports(): readonly number[] {
    return this.#listeners?.ports.smp ?? []
  }

  get webPorts(): Relay['webPorts'] {
    const { wss = [], ws = [] } = this.#listeners?.ports ?? {}
    return { wss, ws }
  }

  async listen(): Promise<void> {
    const { settings, identity, webCertificate, information, ops } = this.#options
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
      measures: ops?.measures.transport,
      randomBytes: nativeCrypto.randomBytes,
      accept,
    })
    await this.#listeners.open()
    ops?.health.watch('listeners')
  }

  renewWebCertificate(certificate: TlsCredentials): void {
    this.#listeners?.renewWebCertificate(certificate)
    this.#webNotAfter = expiryOf(certificate)
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
    this.#proxy?.close()
    this.#options.ops?.stop()
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
