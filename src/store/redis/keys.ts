/** The key schema, version 1: the only place where a key is spelt. */
import type { BlindId } from './cluster-keys.ts'
import { partitionTags } from './partitions.ts'

export const SCHEMA_VERSION = 1

/** All active queues, or those with notifications among them. */
export type ActivityKind = 'all' | 'notifying'

export interface QueueKeys {
  /** The recipient id as it stands in the keys. */
  readonly blind: BlindId
  readonly tag: string
  /** hash: the record and its subscribers, see lua/prelude.lua */
  readonly queue: string
  /** list: messages, oldest first */
  readonly messages: string
  /** string: sealed link data */
  readonly link: string
  /** list: notifications of the present notifier, oldest first */
  readonly notifications: string
  /** hash: counts of the partition */
  readonly counts: string
}

const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const bits = new Map([...BASE64URL].map((letter, value) => [letter, value]))

export class Keys {
  readonly tags: readonly string[]
  readonly #prefix: string

  constructor(prefix: string, partitions: number) {
    this.#prefix = prefix
    this.tags = partitionTags(partitions)
  }

  /** Hash of the cluster's settings: schema, partitions. */
  get cluster(): string {
    return `${this.#prefix}cluster`
  }

  /** HyperLogLog of the queues that were active on a day since the epoch; all in one slot. */
  activity(kind: ActivityKind, day: number): string {
    return `${this.#prefix}{active}:${kind}:${day}`
  }

  /** Hash of how many connections each pod has. */
  get loads(): string {
    return `${this.#prefix}loads`
  }

  ofQueue(recipient: BlindId): QueueKeys {
    const tag = this.tagOf(recipient)
    const name = (kind: string) => `${this.#prefix}{${tag}}:${kind}:${recipient}`
    return {
      blind: recipient,
      tag,
      queue: name('q'),
      messages: name('m'),
      link: name('l'),
      notifications: name('n'),
      counts: this.counts(tag),
    }
  }

  /** What the keys of all queues are like, for SCAN. */
  get queuePattern(): string {
    return `${this.#prefix.replaceAll(/[*?[\]\\^]/g, '\\$&')}{???}:q:*`
  }

  /** Of the key of a queue. */
  blindOf(queueKey: string): BlindId {
    return queueKey.slice(queueKey.lastIndexOf(':') + 1)
  }

  /** string: from a sender, link or notifier id to the blind id of the recipient */
  index(blind: BlindId): string {
    return `${this.#prefix}{${this.tagOf(blind)}}:i:${blind}`
  }

  /** string: who is about to drop an index, unless it is kept meanwhile */
  doubt(blind: BlindId): string {
    return `${this.#prefix}{${this.tagOf(blind)}}:d:${blind}`
  }

  /** list of a pod's news in a partition, and the name of the channel that nudges it */
  mailbox(tag: string, pod: string): string {
    return `${this.#prefix}{${tag}}:b:${pod}`
  }

  /** string, empty: a bucket of limits that the pods share, which is full when the key expires */
  bucket(tag: string, blind: BlindId): string {
    return `${this.#prefix}{${tag}}:r:${blind}`
  }

  /** hash of what the partition holds, see lua/prelude.lua */
  counts(tag: string): string {
    return `${this.#prefix}{${tag}}:c`
  }

  /** string: the sealed service of a certificate */
  certificate(blind: BlindId): string {
    return `${this.#prefix}{${this.tagOf(blind)}}:v:${blind}`
  }

  /** hash: who holds a service, and how many of the partition's notifiers are its own */
  service(tag: string, name: string): string {
    return `${this.#prefix}{${tag}}:s:${name}`
  }

  /** sorted set: the partition's queues in which notifications wait for a service */
  waiting(tag: string, name: string): string {
    return `${this.#prefix}{${tag}}:w:${name}`
  }

  /** string: queues that operators blocked on the day (UTC), in the whole cluster */
  blocks(day: number): string {
    return `${this.#prefix}{${this.tags[0]}}:k:${day}`
  }

  /** Undefined for the key of the cluster's settings. */
  tagOfKey(key: string): string | undefined {
    return /\{(\w+)\}/.exec(key)?.[1]
  }

  /** The partition is given by the first two letters, 12 bits. */
  tagOf(blind: BlindId): string {
    const value = (bits.get(blind[0] ?? '') ?? 0) * 64 + (bits.get(blind[1] ?? '') ?? 0)
    return this.tags[value % this.tags.length] ?? ''
  }
}
