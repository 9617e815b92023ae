/** A queue with all that it holds, for moving it. */
import { noBytes, ProtocolError } from '../../protocol/bytes.ts'
import type { StoredMessage, StoredNotification } from '../store.ts'
import { StoreUnavailable } from '../store-error.ts'
import type { HeldQueue, Placed } from '../transfer.ts'
import { bytesOf, numberOf } from './answer.ts'
import { durably } from './changes.ts'
import type { Argument } from './connection/command.ts'
import { decodeLink } from './link-changes.ts'
import {
  decodeMessage,
  decodeNotification,
  encodeMessage,
  encodeNotification,
} from './message-codec.ts'
import type { Pod } from './pod.ts'
import type { CachedQueue } from './queue-cache.ts'
import type { Script } from './script.ts'
import { scripts } from './scripts.ts'

/** Read at once: 4 MB. A queue holds no more, unless its quota is larger than usual. */
const SLICE = 256

export class HeldInRedis implements HeldQueue {
  readonly #pod: Pod
  readonly #queue: CachedQueue

  constructor(pod: Pod, queue: CachedQueue) {
    this.#pod = pod
    this.#queue = queue
  }

  get record() {
    return this.#queue.record
  }

  /** Not one that its maker may still give up, or has left half made. */
  async isKept(): Promise<boolean> {
    const { queue } = this.#queue.keys
    return numberOf(await this.#call(queue, 'TTL')) === -1
  }

  /** @throws ProtocolError for what does not open */
  async link() {
    const { record, keys } = this.#queue
    if (record.linkId === undefined) return undefined
    const sealed = bytesOf(await this.#call(keys.link, 'GET'))
    if (sealed === undefined) return undefined
    const opened = this.#pod.options.clusterKeys.open(sealed)
    if (opened === undefined) throw new ProtocolError('link data does not open')
    return decodeLink(opened)
  }

  messages(): Promise<readonly StoredMessage[]> {
    return this.#list(this.#queue.keys.messages, decodeMessage)
  }

  notifications(): Promise<readonly StoredNotification[]> {
    return this.#list(this.#queue.keys.notifications, decodeNotification)
  }

  addMessages(messages: readonly Placed<StoredMessage>[]): Promise<number> {
    const { queue, messages: list, counts } = this.#queue.keys
    const pairs = messages.flatMap(({ line, item }) => [line, encodeMessage(item)])
    return this.#add(scripts.addMessages, [queue, list, counts], pairs)
  }

  addNotifications(notifications: readonly Placed<StoredNotification>[]): Promise<number> {
    const { queue, notifications: list } = this.#queue.keys
    const {
      keys: [, waiting],
      waiter,
    } = this.#pod.serviceOf(this.#queue)
    const pairs = notifications.flatMap(({ line, item }) => [line, encodeNotification(item)])
    return this.#add(scripts.addNotifications, [queue, list, waiting], [waiter, ...pairs])
  }

  async #add(
    script: Script,
    keys: readonly [string, ...string[]],
    more: readonly Argument[],
  ): Promise<number> {
    const { messageTtlSeconds, expiryIntervalSeconds } = this.#pod.options.limits
    const args = [messageTtlSeconds + expiryIntervalSeconds, ...more]
    const { word, rest } = await this.#pod.run(script, keys, args, durably)
    if (word === 'gone') throw new StoreUnavailable('a queue was deleted meanwhile')
    return numberOf(rest[0])
  }

  async #list<T>(key: string, decode: (bytes: Uint8Array) => T): Promise<readonly T[]> {
    const all: T[] = []
    for (let at = 0; ; at += SLICE) {
      const slice = await this.#call(key, 'LRANGE', [at, at + SLICE - 1])
      const elements = Array.isArray(slice) ? slice : []
      for (const element of elements) all.push(decode(bytesOf(element) ?? noBytes))
      if (elements.length < SLICE) return all
    }
  }

  #call(key: string, name: string, args: readonly Argument[] = []): Promise<unknown> {
    return this.#pod.options.servers.call(key, name, [key, ...args])
  }
}
