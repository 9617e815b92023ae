/**
 * Sharded subscriptions to this pod's mailboxes: one connection to each server, one channel a
 * mailbox. They carry nothing but the hint that something is there. A watchdog publishes to this
 * pod's own channels and reconnects what does not bring it back, whatever the connection says of
 * itself.
 */
import { setTimeout as delay } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import type { StoreMeasures } from '../../measures/store-measures.ts'
import type { RedisNode } from './address.ts'
import { connectionTo, keepOpen, type ServerAddress } from './connection/options.ts'
import type { Servers } from './connection/servers.ts'
import { nodeName } from './connection/slots.ts'

/** A connection that does not bring a probe within this is given up. */
const SILENCE_MS = 3000
const PROBE = 'probe'
/** Channels probed at each watch, one after the other. */
const PROBES = 8

export interface NudgesOptions {
  readonly address: ServerAddress
  readonly servers: Servers
  readonly channels: readonly string[]
  readonly onNudge: (channel: string) => void
  /** Nudges of these channels may have been lost. */
  readonly onGap: (channels: readonly string[]) => void
  readonly onError: (error: unknown) => void
  readonly measures?: StoreMeasures | undefined
}

/** The channels of one server. */
class ServerNudges {
  readonly #redis: Redis
  readonly #options: NudgesOptions
  readonly channels: readonly string[]
  readonly #close: () => void
  /** Channels that were probed, and when. */
  readonly #awaited = new Map<string, number>()
  #isSubscribed = false
  #isClosed = false
  #nextProbe = 0

  constructor(options: NudgesOptions, channels: readonly string[], node: RedisNode | undefined) {
    this.#options = options
    this.channels = channels
    const redis = connectionTo(options.address, node)
    this.#redis = redis
    redis.on('error', (error) => this.#fail(error))
    let wasThere = false
    redis.on('ready', () => {
      if (wasThere) options.measures?.reconnections.add('nudges')
      wasThere = true
      void this.#subscribe()
    })
    redis.on('close', () => {
      this.#isSubscribed = false
    })
    // a slot moved to another server
    redis.on('moved', () => this.reconnect())
    redis.on('smessage', (channel: string, message: string) => {
      const sentAt = this.#awaited.get(channel)
      this.#awaited.delete(channel)
      if (message !== PROBE) options.onNudge(channel)
      else if (sentAt !== undefined)
        options.measures?.nudgeSeconds.observe((performance.now() - sentAt) / 1000)
    })
    this.#close = keepOpen(redis)
  }

  get isHealthy(): boolean {
    return this.#isSubscribed
  }

  /** Publishes to the next few channels; connects anew when what was published did not come. */
  async watch(): Promise<void> {
    if (!this.#isSubscribed) return
    for (const sentAt of this.#awaited.values())
      if (performance.now() - sentAt > SILENCE_MS) return this.#giveUp()
    const { channels } = this
    const next = Array.from({ length: Math.min(PROBES, channels.length) }, () => {
      this.#nextProbe += 1
      return channels[this.#nextProbe % channels.length] ?? ''
    })
    await Promise.all(next.map((channel) => this.#probe(channel)))
  }

  async #probe(channel: string): Promise<void> {
    if (!this.#awaited.has(channel)) this.#awaited.set(channel, performance.now())
    try {
      await this.#options.servers.call(channel, 'SPUBLISH', [channel, PROBE])
    } catch {
      // says nothing about the subscription
      this.#awaited.delete(channel)
    }
  }

  #giveUp(): void {
    this.#fail(new Error('no nudges arrive: connecting anew'))
    this.reconnect()
  }

  reconnect(): void {
    this.#isSubscribed = false
    this.#awaited.clear()
    this.#redis.stream?.destroy()
  }

  close(): void {
    this.#isClosed = true
    this.#close()
  }

  /** What breaks because it was closed is no fault. */
  #fail(error: unknown): void {
    if (!this.#isClosed) this.#options.onError(error)
  }

  /** One channel a command: they lie in different slots. */
  async #subscribe(): Promise<void> {
    const { onGap, servers } = this.#options
    // the client may become ready a moment after it was told to go
    if (this.#isClosed) return
    try {
      await Promise.all(this.channels.map((channel) => this.#redis.ssubscribe(channel)))
      if (this.#isClosed) return
      this.#awaited.clear()
      this.#isSubscribed = true
      onGap(this.channels)
    } catch (error) {
      if (this.#isClosed) return
      this.#fail(error)
      void servers.refresh()
      if (this.#redis.status === 'ready') this.reconnect()
    }
  }
}

export class Nudges {
  readonly #options: NudgesOptions
  readonly #byNode = new Map<string, ServerNudges>()
  readonly #firstHealthy = Promise.withResolvers<void>()

  constructor(options: NudgesOptions) {
    const onGap = (channels: readonly string[]): void => {
      options.onGap(channels)
      if (this.isHealthy) this.#firstHealthy.resolve()
    }
    this.#options = { ...options, onGap }
  }

  /** Resolves when every mailbox has had a subscription, or after so long without. */
  async healthyWithin(ms: number): Promise<void> {
    const late = new AbortController()
    const waited = delay(ms, undefined, late).catch(() => {})
    await Promise.race([this.#firstHealthy.promise, waited])
    late.abort()
  }

  /** Whether every mailbox has a subscription; if not, they are to be looked after by hand. */
  get isHealthy(): boolean {
    const all = [...this.#byNode.values()]
    const channels = all.reduce((sum, { channels }) => sum + channels.length, 0)
    return channels === this.#options.channels.length && all.every(({ isHealthy }) => isHealthy)
  }

  /** To be called now and then: follows the servers that there are, and sees that nudges arrive. */
  async watch(): Promise<void> {
    this.#follow()
    await Promise.all([...this.#byNode.values()].map((one) => one.watch()))
  }

  close(): void {
    for (const one of this.#byNode.values()) one.close()
    this.#byNode.clear()
  }

  #follow(): void {
    const { servers, channels } = this.#options
    const nodes = new Map(servers.nodes.map((node) => [node ? nodeName(node) : '', node]))
    const wanted = Map.groupBy(channels, (channel) => {
      const node = servers.nodeOf(channel)
      return node ? nodeName(node) : ''
    })
    for (const [name, one] of this.#byNode) {
      if (wanted.get(name)?.join() === one.channels.join()) continue
      one.close()
      this.#byNode.delete(name)
    }
    for (const [name, group] of wanted)
      if (nodes.has(name) && !this.#byNode.has(name))
        this.#byNode.set(name, new ServerNudges(this.#options, group, nodes.get(name)))
  }
}
