/**
 * Sharded subscriptions to this pod's mailboxes: one connection to each server, one channel a
 * mailbox. They carry nothing but the hint that something is there. A watchdog publishes to this
 * pod's own channels and reconnects what does not bring it back, whatever the connection says of
 * itself.
 */
import type { Redis } from 'ioredis'
import type { RedisNode } from './address.ts'
import { connectionTo, type ServerAddress } from './connection/options.ts'
import type { Servers } from './connection/servers.ts'
import { nodeName } from './connection/slots.ts'

/** A connection that brings nothing for so long is given up. */
const SILENCE_MS = 3000
const PROBE = 'probe'

export interface NudgesOptions {
  readonly address: ServerAddress
  readonly servers: Servers
  readonly channels: readonly string[]
  readonly onNudge: (channel: string) => void
  /** Nudges of these channels may have been lost. */
  readonly onGap: (channels: readonly string[]) => void
  readonly onError: (error: unknown) => void
}

/** The channels of one server. */
class ServerNudges {
  readonly #redis: Redis
  readonly #options: NudgesOptions
  readonly channels: readonly string[]
  #isSubscribed = false
  #heardAt = performance.now()
  #nextProbe = 0

  constructor(options: NudgesOptions, channels: readonly string[], node: RedisNode | undefined) {
    this.#options = options
    this.channels = channels
    const redis = connectionTo(options.address, node)
    this.#redis = redis
    redis.on('error', options.onError)
    redis.on('ready', () => void this.#subscribe())
    redis.on('close', () => {
      this.#isSubscribed = false
    })
    // a slot moved to another server
    redis.on('moved', () => this.reconnect())
    redis.on('smessage', (channel: string, message: string) => {
      this.#heardAt = performance.now()
      if (message !== PROBE) options.onNudge(channel)
    })
    redis.connect().catch(() => {})
  }

  get isHealthy(): boolean {
    return this.#isSubscribed
  }

  /** Publishes to the next of the channels; reconnects when earlier ones did not come back. */
  async watch(): Promise<void> {
    const { servers, onError } = this.#options
    const channel = this.channels[this.#nextProbe % this.channels.length]
    if (!this.#isSubscribed || channel === undefined) return
    this.#nextProbe += 1
    try {
      await servers.call(channel, 'SPUBLISH', [channel, PROBE])
    } catch {
      // says nothing about the subscription
      this.#heardAt = performance.now()
      return
    }
    if (this.#isSubscribed && performance.now() - this.#heardAt > SILENCE_MS) {
      onError(new Error('no nudges arrive: connecting anew'))
      this.reconnect()
    }
  }

  reconnect(): void {
    this.#isSubscribed = false
    this.#redis.stream?.destroy()
  }

  close(): void {
    this.#redis.disconnect()
  }

  /** One channel a command: they lie in different slots. */
  async #subscribe(): Promise<void> {
    const { onError, onGap, servers } = this.#options
    try {
      await Promise.all(this.channels.map((channel) => this.#redis.ssubscribe(channel)))
      this.#isSubscribed = true
      this.#heardAt = performance.now()
      onGap(this.channels)
    } catch (error) {
      onError(error)
      void servers.refresh()
      if (this.#redis.status === 'ready') this.reconnect()
    }
  }
}

export class Nudges {
  readonly #options: NudgesOptions
  readonly #byNode = new Map<string, ServerNudges>()

  constructor(options: NudgesOptions) {
    this.#options = options
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
