/** The relays that clients' commands are forwarded to: one session each, opened when first asked for. */
import { openConnection } from '../client/connection.ts'
import { connectTls } from '../client/tls-transport.ts'
import type { ClientTransport } from '../client/transport.ts'
import type { ForwardedCommand, Forwarder } from '../commands/spec.ts'
import type { CryptoProvider } from '../crypto/provider.ts'
import { verifyServerChain } from '../identity/chain.ts'
import { type Bytes, copyBytes, latin1Text } from '../protocol/bytes.ts'
import type { RelayServer } from '../protocol/command.ts'
import type { SmpError } from '../protocol/error.ts'
import type { EntityId } from '../protocol/ids.ts'
import { type Reply, refusal } from '../protocol/reply.ts'
import { Slots } from '../slots.ts'
import { type DialOptions, dial } from './dial.ts'
import { FailureCache } from './failure-cache.ts'
import {
  errNoSession,
  forwardingFailure,
  internal,
  network,
  noHost,
  openingFailure,
  RelayFailure,
  timeout,
} from './failures.ts'
import { type HostRules, plainName } from './host-rules.ts'
import { RelaySession } from './relay-session.ts'
import { ProxyStatistics } from './statistics.ts'
import { isAllowedAddress, type Target, type TargetRules, targetOf } from './target.ts'

export interface ProxyLimits {
  /** For DNS, TCP, TLS and handshake of a relay together. */
  readonly connectMs: number
  readonly responseMs: number
  /** How long a failure answers for the relay. */
  readonly failureMs: number
  readonly idleMs: number
  /** Commands under way in total. */
  readonly concurrency: number
}

export interface RelaysOptions extends ProxyLimits, Pick<DialOptions, 'socks' | 'dnsServers'> {
  readonly crypto: CryptoProvider
  readonly rules: TargetRules
  readonly ownDomains: HostRules
  /** Milliseconds since the epoch. */
  readonly now: () => number
  readonly onFault: (error: unknown, during: string) => void
}

/** Of the commands under way, those that one relay may have. */
const RELAY_SHARE = 1 / 4
/** While none of them ends, for so long, others wait. */
const PATIENCE_MS = 2_000
/** Attempts under way at a time, and sessions kept: both are sockets. */
const MOST_ATTEMPTS = 512
const MOST_SESSIONS = 4096
const SHORTEST_SWEEP_MS = 250
const LONGEST_SWEEP_MS = 60_000

interface NamedRelay extends Target {
  readonly keyHash: Bytes
  readonly isOwn: boolean
}

type Opened = { readonly session: RelaySession } | { readonly error: SmpError }

/** By what is connected to: hosts that are named beside it make no further connection. */
const keyOf = ({ host, port }: Target, keyHash: Bytes): string =>
  JSON.stringify([plainName(host), port, latin1Text(keyHash)])

export class Relays implements Forwarder {
  readonly statistics = new ProxyStatistics()
  readonly #options: RelaysOptions
  /** Open, or being opened. */
  readonly #relays = new Map<string, Promise<Opened>>()
  readonly #sessions = new Map<EntityId, RelaySession>()
  readonly #failures: FailureCache
  readonly #places: Slots
  readonly #attempts = new Set<AbortController>()
  readonly #sweeper: NodeJS.Timeout
  #isStopped = false

  constructor(options: RelaysOptions) {
    this.#options = options
    this.#failures = new FailureCache(options.failureMs)
    this.#places = new Slots(options.concurrency, PATIENCE_MS)
    const sweepMs = Math.min(Math.max(options.idleMs / 4, SHORTEST_SWEEP_MS), LONGEST_SWEEP_MS)
    this.#sweeper = setInterval(() => this.#closeIdle(), sweepMs).unref()
  }

  async open(server: RelayServer): Promise<Reply<'PKEY' | 'ERR'>> {
    const opened = await this.#opened(server)
    const reply = 'error' in opened ? refusal(opened.error) : opened.session.use()
    this.statistics.addSession(reply, this.#isOwn(server.hosts[0]))
    return reply
  }

  async forward(id: EntityId, command: ForwardedCommand): Promise<Reply<'PRES' | 'ERR'>> {
    const isOwn = this.#sessions.get(id)?.isOwn ?? false
    const reply = await this.#forward(id, command)
    this.statistics.addCommand(reply, isOwn)
    return reply
  }

  async #forward(id: EntityId, command: ForwardedCommand): Promise<Reply<'PRES' | 'ERR'>> {
    if (!this.#sessions.has(id)) return errNoSession
    if (!(await this.#places.enter())) return refusal(timeout)
    try {
      // it may have ended meanwhile
      return (await this.#sessions.get(id)?.forward(command)) ?? errNoSession
    } catch (error) {
      return refusal(forwardingFailure(error) ?? this.#fault(error, 'PFWD'))
    } finally {
      this.#places.leave()
    }
  }

  /** Ends all sessions; commands under way are answered that theirs did. */
  close(): void {
    clearInterval(this.#sweeper)
    this.#isStopped = true
    for (const attempt of this.#attempts) attempt.abort()
    for (const session of this.#sessions.values()) session.close()
  }

  #opened(server: RelayServer): Promise<Opened> | Opened {
    const target = targetOf(server, this.#options.rules)
    if (target === undefined) return { error: noHost }
    const key = keyOf(target, server.keyHash)
    const known = this.#relays.get(key)
    if (known !== undefined) return known
    const error = this.#failures.get(key, this.#options.now())
    if (error !== undefined) return { error }
    if (this.#isStopped || !this.#hasRoom()) return { error: timeout }
    const isOwn = this.#isOwn(server.hosts[0])
    const opening = this.#open(key, { ...target, keyHash: copyBytes(server.keyHash), isOwn })
    this.#relays.set(key, opening)
    return opening
  }

  #hasRoom(): boolean {
    if (this.#attempts.size >= MOST_ATTEMPTS) return false
    if (this.#sessions.size < MOST_SESSIONS) return true
    let idle: RelaySession | undefined
    for (const session of this.#sessions.values())
      if ((session.idleSince ?? Infinity) < (idle?.idleSince ?? Infinity)) idle = session
    idle?.close()
    return idle !== undefined
  }

  async #open(key: string, relay: NamedRelay): Promise<Opened> {
    const { now } = this.#options
    try {
      const session = await this.#attempt((signal) => this.#connect(relay, signal))
      this.#sessions.set(session.id, session)
      this.statistics.opened(session.closed)
      void session.closed.then(() => {
        this.#relays.delete(key)
        this.#sessions.delete(session.id)
      })
      return { session }
    } catch (cause) {
      const error = openingFailure(cause) ?? this.#fault(cause, 'PRXY')
      this.#failures.add(key, error, now())
      this.#relays.delete(key)
      return { error }
    }
  }

  async #attempt<T>(run: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const attempt = new AbortController()
    this.#attempts.add(attempt)
    const timer = setTimeout(() => attempt.abort(), this.#options.connectMs)
    try {
      return await run(attempt.signal)
    } finally {
      clearTimeout(timer)
      this.#attempts.delete(attempt)
    }
  }

  async #connect(relay: NamedRelay, signal: AbortSignal): Promise<RelaySession> {
    const { crypto, concurrency, now } = this.#options
    const { keyHash, isOwn } = relay
    const transport = await this.#transport(relay, signal)
    const close = (): void => transport.close()
    signal.addEventListener('abort', close, { once: true })
    try {
      const connection = await openConnection(transport, {
        crypto,
        keyHash,
        verifyChain,
        proxyServer: true,
        responseMs: this.#options.responseMs,
        // a relay that is asked nothing has nothing to tell
        onEvent: () => undefined,
      })
      const share = Math.ceil(concurrency * RELAY_SHARE)
      return new RelaySession({ crypto, connection, transport, concurrency: share, isOwn, now })
    } catch (error) {
      close()
      throw error
    } finally {
      signal.removeEventListener('abort', close)
    }
  }

  /** TLS to the relay whose certificates the key hash promises. */
  async #transport({ keyHash, ...target }: NamedRelay, signal: AbortSignal) {
    const { rules, socks, dnsServers } = this.#options
    const options = {
      isAllowed: (address: string, name: string) => isAllowedAddress(rules, address, name),
      localNames: rules.allowPrivate,
      socks,
      dnsServers,
    }
    const socket = await dial(target, options, signal)
    let transport: ClientTransport | undefined
    try {
      transport = await connectTls({ ...target, alpn: 'smp/1', signal, socket })
      verifyChain(transport.binding?.chain ?? [], keyHash)
      return transport
    } catch (cause) {
      // TLS has taken the socket over: closing that below it would close nothing
      if (transport === undefined) socket.destroy()
      else transport.close()
      // the reference judges certificates within TLS, so they are the network's fault too
      throw new RelayFailure(network, { cause })
    }
  }

  #isOwn(host: string): boolean {
    return this.#options.ownDomains.hasName(host)
  }

  #closeIdle(): void {
    const oldest = this.#options.now() - this.#options.idleMs
    for (const session of this.#sessions.values())
      if ((session.idleSince ?? Infinity) < oldest) session.close()
  }

  #fault(error: unknown, during: string): SmpError {
    this.#options.onFault(error, during)
    return internal
  }
}

const verifyChain = (chain: readonly Bytes[], keyHash: Bytes) =>
  verifyServerChain(chain, keyHash, new Date())
