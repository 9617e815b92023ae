/** The connections of a relay, from their hello to their end. */
import type { Logger } from 'pino'
import type { Context } from './commands/spec.ts'
import type { Settings } from './config/settings.ts'
import { Connection } from './connection.ts'
import type { CryptoProvider } from './crypto/provider.ts'
import type { Hub } from './delivery/hub.ts'
import type { FaultLog } from './fault-log.ts'
import type { Identity } from './identity/identity.ts'
import type { Limits } from './limits/limits.ts'
import type { SessionLimits } from './limits/session-limits.ts'
import type { Measures } from './measures/measures.ts'
import type { HandshakeMeasures, HandshakeOutcome } from './measures/transport-measures.ts'
import { BlockPacker } from './protocol/block.ts'
import { ProtocolError } from './protocol/bytes.ts'
import { TracedForwarder } from './proxy/traced-forwarder.ts'
import { BlockPool } from './session/block-pool.ts'
import { type AgreedSession, shakeHands } from './session/handshake.ts'
import { beginCounting } from './session/outcomes.ts'
import { Session } from './session/session.ts'
import type { QueueStore } from './store/store.ts'
import type { Tracing } from './tracing/tracing.ts'
import type { Transport } from './transport/transport.ts'

export interface SessionsOptions {
  /** Read when they are used: some of them change. */
  readonly settings: Settings
  readonly crypto: CryptoProvider
  readonly hub: Hub<Session>
  readonly store: QueueStore
  /** Other relays; absent: nothing is forwarded for clients. */
  readonly proxy: Context['proxy'] | undefined
  readonly limits: Limits
  readonly faults: FaultLog
  readonly measures: Measures | undefined
  readonly tracing: Tracing | undefined
  readonly log: Logger
  readonly now: () => number
}

export class Sessions {
  readonly #options: SessionsOptions
  readonly #packer = new BlockPacker()
  readonly #pool = new BlockPool()
  readonly #connections = new Set<Connection>()
  readonly #serving = new Set<Promise<void>>()
  #reaper: NodeJS.Timeout | undefined
  #isStopped = false

  constructor(options: SessionsOptions) {
    const { proxy, tracing, measures } = options
    if (measures !== undefined) beginCounting(measures.session)
    this.#options =
      proxy && tracing ? { ...options, proxy: new TracedForwarder(proxy, tracing) } : options
    this.configure()
  }

  /** From the hello on. */
  get connections(): Iterable<Connection> {
    return this.#connections
  }

  get size(): number {
    return this.#connections.size
  }

  /** After the settings have changed, as far as they are not read when they are used. */
  configure(): void {
    clearInterval(this.#reaper)
    const { inactiveTtlSeconds, inactiveIntervalSeconds } = this.#options.settings
    if (inactiveTtlSeconds > 0)
      this.#reaper = setInterval(
        () => this.#closeInactive(),
        inactiveIntervalSeconds * 1000,
      ).unref()
  }

  /** @param identity the one that its TLS handshake showed, where it showed one */
  accept(transport: Transport, identity: Identity): void {
    const connection = new Connection(transport)
    if (this.#isStopped) connection.leave()
    this.#connections.add(connection)
    const serving = this.#serve(connection, identity).finally(() => {
      connection.ended()
      this.#connections.delete(connection)
      this.#serving.delete(serving)
    })
    this.#serving.add(serving)
  }

  /** How many there are now: connections with those in their handshakes, and sessions. */
  get counts(): { readonly connections: number; readonly sessions: number } {
    return { connections: this.size, sessions: this.#options.hub.size }
  }

  /** Connections that are there stay. */
  stopAccepting(): void {
    this.#isStopped = true
    clearInterval(this.#reaper)
  }

  /** Resolves when those that are there now are gone, and what they held is released. */
  async gone(): Promise<void> {
    await Promise.allSettled(this.#serving)
  }

  /** Closes all at once; returns on how many commands were under way. */
  cutOff(): number {
    const all = [...this.#connections]
    for (const { transport } of all) transport.destroy()
    return all.filter(({ isBusy }) => isBusy).length
  }

  async #serve(connection: Connection, identity: Identity): Promise<void> {
    const { transport } = connection
    const own = this.#options.limits.session(transport.clientAddress)
    try {
      const session = await this.#open(transport, identity, own)
      if (session !== undefined) await this.#run(session, connection)
    } finally {
      own.close()
    }
  }

  async #run(session: Session, connection: Connection): Promise<void> {
    const { hub, faults, measures } = this.#options
    const { transport } = connection
    connection.begin(session)
    measures?.transport.sessionOpened(transport.kind)
    let leaving: Promise<void> | undefined
    try {
      await session.serve()
      if (connection.isLeaving) {
        await session.settle()
        leaving = transport.leave()
      }
    } catch (error) {
      faults.tell(error, 'serve')
    } finally {
      measures?.transport.sessionClosed(transport.kind)
      if (leaving === undefined) transport.destroy()
      hub.remove(session.connectionId)
      await session.finish()
      await leaving
    }
  }

  async #open(
    transport: Transport,
    identity: Identity,
    own: SessionLimits,
  ): Promise<Session | undefined> {
    const { settings, crypto, store, now, log, faults, measures, tracing } = this.#options
    const drop = (): void => transport.destroy()
    if (!own.arrives(drop)) {
      drop()
      return undefined
    }
    const startedAt = performance.now()
    const span = tracing?.begin({ what: 'handshake', transport: transport.kind }, startedAt)
    let unagreed: HandshakeOutcome = 'refused'
    const deadline = setTimeout(() => {
      unagreed = 'timeout'
      drop()
    }, settings.handshakeTimeoutSeconds * 1000)
    try {
      const { versions } = settings
      const agreed = await shakeHands(transport, {
        ...{ crypto, identity, versions, now },
        registerService: (certificate) => {
          const register = () => store.registerService(certificate)
          return span === undefined ? register() : span.run(register)
        },
        measures: measures?.session.subscriptions.services.hellos,
      })
      span?.end('done', agreed.version)
      this.#handshakes?.done((performance.now() - startedAt) / 1000, span?.traceId)
      return this.#begin(transport, agreed, own)
    } catch (error) {
      const isRefused = error instanceof ProtocolError
      const outcome = isRefused ? unagreed : 'failed'
      span?.end(outcome)
      this.#handshakes?.outcomes.add(outcome)
      if (isRefused) log.debug({ reason: error.message }, 'handshake refused')
      else faults.tell(error, 'handshake')
      transport.close()
      return undefined
    } finally {
      clearTimeout(deadline)
      own.settles()
    }
  }

  #begin(transport: Transport, agreed: AgreedSession, limits: SessionLimits): Session {
    const { settings, crypto, hub, store, proxy, faults, measures, tracing, now } = this.#options
    const id = hub.nextConnection()
    const session = new Session({
      transport,
      agreed,
      connection: { id, nextClaim: hub.nextClaim },
      context: { store, crypto, policy: settings, ...(proxy && { proxy }), now },
      packer: this.#packer,
      pool: this.#pool,
      notificationIntervalMs: settings.notificationIntervalMs,
      measures: measures?.session,
      tracing,
      onFault: faults.tell,
      limits,
    })
    hub.add(id, session)
    return session
  }

  get #handshakes(): HandshakeMeasures | undefined {
    return this.#options.measures?.transport.smp
  }

  #closeInactive(): void {
    const { now, settings, hub } = this.#options
    const oldest = now() - settings.inactiveTtlSeconds * 1000
    for (const session of hub.listeners)
      if (!session.hasSubscriptions && session.lastActiveAt < oldest) session.close()
  }
}
