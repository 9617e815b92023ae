/** One relay process: listeners, sessions and store put together. */
import type { Logger } from 'pino'
import type { Information } from './config/information.ts'
import type { Settings } from './config/settings.ts'
import { nativeCrypto } from './crypto/native.ts'
import type { CryptoProvider } from './crypto/provider.ts'
import { Hub } from './delivery/hub.ts'
import { FaultLog } from './fault-log.ts'
import type { Identity } from './identity/identity.ts'
import { Listeners } from './listeners.ts'
import { openProxy } from './open-proxy.ts'
import { openStore } from './open-store.ts'
import { BlockPacker } from './protocol/block.ts'
import { ProtocolError } from './protocol/bytes.ts'
import type { Relays } from './proxy/relays.ts'
import { type HandshakeOptions, shakeHands } from './session/handshake.ts'
import { Session } from './session/session.ts'
import type { QueueStore } from './store/store.ts'
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

class RunningRelay implements Relay {
  readonly #options: RelayOptions
  readonly #now: () => number
  readonly #crypto: CryptoProvider = nativeCrypto
  readonly #hub: Hub<Session>
  readonly #faults: FaultLog
  readonly #packer = new BlockPacker()
  readonly #store: QueueStore
  readonly #proxy: Relays | undefined
  readonly #transports = new Set<Transport>()
  readonly #serving = new Set<Promise<void>>()
  #site: Site | undefined
  #listeners: Listeners | undefined
  readonly #reaper: NodeJS.Timeout | undefined
  #closing: Promise<void> | undefined

  constructor(options: RelayOptions, { hub, store, faults }: Parts) {
    this.#faults = faults
    const { settings } = options
    this.#options = options
    this.#now = options.now ?? Date.now
    this.#hub = hub
    this.#store = store
    const parts = { crypto: this.#crypto, now: this.#now, onFault: faults.tell }
    this.#proxy = openProxy(settings, parts)
    if (settings.inactiveTtlSeconds > 0)
      this.#reaper = setInterval(
        () => this.#closeInactive(),
        settings.inactiveIntervalSeconds * 1000,
      ).unref()
  }

  get ports(): readonly number[] {
    return this.#listeners?.ports.smp ?? []
  }

  get webPorts(): Relay['webPorts'] {
    const { wss = [], ws = [] } = this.#listeners?.ports ?? {}
    return { wss, ws }
  }

  async listen(): Promise<void> {
    const { settings, identity, webCertificate, information } = this.#options
    const accept = (transport: Transport): void => this.#accept(transport)
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
      randomBytes: this.#crypto.randomBytes,
      accept,
    })
    await this.#listeners.open()
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

  #accept(transport: Transport): void {
    this.#transports.add(transport)
    const serving = this.#serve(transport).finally(() => {
      this.#transports.delete(transport)
      this.#serving.delete(serving)
    })
    this.#serving.add(serving)
  }

  async #serve(transport: Transport): Promise<void> {
    const session = await this.#openSession(transport)
    if (session === undefined) return
    try {
      await session.serve()
    } catch (error) {
      this.#faults.tell(error, 'serve')
    } finally {
      transport.destroy()
      this.#hub.remove(session.connectionId)
      await session.finish()
    }
  }

  async #openSession(transport: Transport): Promise<Session | undefined> {
    const { settings, identity, log } = this.#options
    const deadline = setTimeout(() => transport.destroy(), settings.handshakeTimeoutSeconds * 1000)
    try {
      const options: HandshakeOptions = {
        crypto: this.#crypto,
        identity,
        versions: settings.versions,
      }
      const agreed = await shakeHands(transport, options)
      const id = this.#hub.nextConnection()
      const session = new Session({
        transport,
        agreed,
        connection: { id, nextClaim: this.#hub.nextClaim },
        context: {
          store: this.#store,
          crypto: this.#crypto,
          policy: settings,
          ...(this.#proxy && { proxy: this.#proxy }),
          now: this.#now,
        },
        packer: this.#packer,
        notificationIntervalMs: settings.notificationIntervalMs,
        onFault: this.#faults.tell,
      })
      this.#hub.add(id, session)
      return session
    } catch (error) {
      if (error instanceof ProtocolError) log.debug({ reason: error.message }, 'handshake refused')
      else this.#faults.tell(error, 'handshake')
      transport.close()
      return undefined
    } finally {
      clearTimeout(deadline)
    }
  }

  #closeInactive(): void {
    const oldest = this.#now() - this.#options.settings.inactiveTtlSeconds * 1000
    for (const session of this.#hub.listeners)
      if (!session.hasSubscriptions && session.lastActiveAt < oldest) session.close()
  }

  async #close(): Promise<void> {
    this.#listeners?.stop()
    clearInterval(this.#reaper)
    for (const transport of this.#transports) transport.close()
    const { drainSeconds } = this.#options.settings
    const deadline = setTimeout(() => {
      for (const transport of this.#transports) transport.destroy()
    }, drainSeconds * 1000)
    await Promise.allSettled(this.#serving)
    clearTimeout(deadline)
    this.#listeners?.destroy()
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
