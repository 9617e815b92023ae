/** The connections of a relay, from their hello to their end. */
import type { Logger } from 'pino'
import type { Context } from './commands/spec.ts'
import type { Settings } from './config/settings.ts'
import type { CryptoProvider } from './crypto/provider.ts'
import type { Hub } from './delivery/hub.ts'
import type { FaultLog } from './fault-log.ts'
import type { Identity } from './identity/identity.ts'
import { BlockPacker } from './protocol/block.ts'
import { ProtocolError } from './protocol/bytes.ts'
import { type AgreedSession, shakeHands } from './session/handshake.ts'
import { Session } from './session/session.ts'
import type { QueueStore } from './store/store.ts'
import type { Transport } from './transport/transport.ts'

export interface SessionsOptions {
  readonly settings: Settings
  readonly identity: Identity
  readonly crypto: CryptoProvider
  readonly hub: Hub<Session>
  readonly store: QueueStore
  /** Other relays; absent: nothing is forwarded for clients. */
  readonly proxy: Context['proxy'] | undefined
  readonly faults: FaultLog
  readonly log: Logger
  readonly now: () => number
}

export class Sessions {
  readonly #options: SessionsOptions
  readonly #packer = new BlockPacker()
  readonly #transports = new Set<Transport>()
  readonly #serving = new Set<Promise<void>>()
  readonly #reaper: NodeJS.Timeout | undefined

  constructor(options: SessionsOptions) {
    this.#options = options
    const { inactiveTtlSeconds, inactiveIntervalSeconds } = options.settings
    if (inactiveTtlSeconds > 0)
      this.#reaper = setInterval(
        () => this.#closeInactive(),
        inactiveIntervalSeconds * 1000,
      ).unref()
  }

  readonly accept = (transport: Transport): void => {
    this.#transports.add(transport)
    const serving = this.#serve(transport).finally(() => {
      this.#transports.delete(transport)
      this.#serving.delete(serving)
    })
    this.#serving.add(serving)
  }

  /** How many there are now: connections with those in their handshakes, and sessions. */
  get counts(): { readonly connections: number; readonly sessions: number } {
    return { connections: this.#transports.size, sessions: this.#options.hub.size }
  }

  /** Closes all connections; what is not closed within the drain time is cut off. */
  async close(): Promise<void> {
    clearInterval(this.#reaper)
    for (const transport of this.#transports) transport.close()
    const deadline = setTimeout(() => {
      for (const transport of this.#transports) transport.destroy()
    }, this.#options.settings.drainSeconds * 1000)
    await Promise.allSettled(this.#serving)
    clearTimeout(deadline)
  }

  async #serve(transport: Transport): Promise<void> {
    const { hub, faults } = this.#options
    const session = await this.#open(transport)
    if (session === undefined) return
    try {
      await session.serve()
    } catch (error) {
      faults.tell(error, 'serve')
    } finally {
      transport.destroy()
      hub.remove(session.connectionId)
      await session.finish()
    }
  }

  async #open(transport: Transport): Promise<Session | undefined> {
    const { settings, identity, crypto, log, faults, store, now } = this.#options
    const deadline = setTimeout(() => transport.destroy(), settings.handshakeTimeoutSeconds * 1000)
    try {
      const { versions } = settings
      const agreed = await shakeHands(transport, {
        ...{ crypto, identity, versions, now },
        registerService: (certificate) => store.registerService(certificate),
      })
      return this.#begin(transport, agreed)
    } catch (error) {
      if (error instanceof ProtocolError) log.debug({ reason: error.message }, 'handshake refused')
      else faults.tell(error, 'handshake')
      transport.close()
      return undefined
    } finally {
      clearTimeout(deadline)
    }
  }

  #begin(transport: Transport, agreed: AgreedSession): Session {
    const { settings, crypto, hub, store, proxy, faults, now } = this.#options
    const id = hub.nextConnection()
    const session = new Session({
      transport,
      agreed,
      connection: { id, nextClaim: hub.nextClaim },
      context: { store, crypto, policy: settings, ...(proxy && { proxy }), now },
      packer: this.#packer,
      notificationIntervalMs: settings.notificationIntervalMs,
      onFault: faults.tell,
    })
    hub.add(id, session)
    return session
  }

  #closeInactive(): void {
    const { now, settings, hub } = this.#options
    const oldest = now() - settings.inactiveTtlSeconds * 1000
    for (const session of hub.listeners)
      if (!session.hasSubscriptions && session.lastActiveAt < oldest) session.close()
  }
}
