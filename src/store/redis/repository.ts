/** Queue records in Redis: found by any of their ids, opened, kept in the cache. */
import { type Bytes, ProtocolError } from '../../protocol/bytes.ts'
import { type EntityId, idBytes } from '../../protocol/ids.ts'
import type { QueueParty, QueueRecord } from '../store.ts'
import type { BlindId, ClusterKeys } from './cluster-keys.ts'
import type { Keys } from './keys.ts'
import { type CachedQueue, QueueCache } from './queue-cache.ts'
import { decodeRecord, encodeRecord, type RecordFields } from './record-codec.ts'
import type { RedisClient } from './script.ts'

/** The largest hash field that keeps a small hash in its compact form. */
const PIECE_BYTES = 64
const CACHED_QUEUES = 100_000

export interface RepositoryOptions {
  readonly client: RedisClient
  readonly keys: Keys
  readonly clusterKeys: ClusterKeys
}

const idOf = (party: QueueParty, record: QueueRecord): EntityId | undefined => {
  if (party === 'recipient') return record.recipientId
  if (party === 'sender') return record.senderId
  return party === 'link' ? record.linkId : record.notifier?.notifierId
}

export class Repository {
  readonly #options: RepositoryOptions
  readonly cache = new QueueCache(CACHED_QUEUES)

  constructor(options: RepositoryOptions) {
    this.#options = options
  }

  /** In the order of the ids; what is not cached is read in one or two round trips for all. */
  async load(
    party: QueueParty,
    ids: readonly EntityId[],
  ): Promise<readonly (CachedQueue | undefined)[]> {
    return Promise.all(ids.map((id) => this.cache.get(party, id) ?? this.#read(party, id)))
  }

  /** As `load`, but from Redis whatever is cached. */
  async read(
    party: QueueParty,
    ids: readonly EntityId[],
  ): Promise<readonly (CachedQueue | undefined)[]> {
    return Promise.all(ids.map((id) => this.#read(party, id)))
  }

  /** The record in pieces for a script: sealed, 64 bytes each. */
  pieces(record: RecordFields): readonly Bytes[] {
    const sealed = this.#options.clusterKeys.seal(encodeRecord(record))
    const pieces: Bytes[] = []
    for (let at = 0; at < sealed.length; at += PIECE_BYTES)
      pieces.push(sealed.subarray(at, at + PIECE_BYTES))
    return pieces
  }

  /** Keys rotate: a thing may stand under the name that an older key gave it. */
  async #read(party: QueueParty, id: EntityId): Promise<CachedQueue | undefined> {
    for (const blind of this.#options.clusterKeys.blinds(party, idBytes(id))) {
      const recipient = party === 'recipient' ? blind : await this.#recipientOf(blind)
      const queue = recipient === undefined ? undefined : await this.#readQueue(recipient)
      if (queue !== undefined && idOf(party, queue.record) === id) {
        this.cache.set(queue)
        return queue
      }
    }
    return undefined
  }

  async #recipientOf(blind: BlindId): Promise<BlindId | undefined> {
    const { client, keys } = this.#options
    return (await client.get(keys.index(blind))) ?? undefined
  }

  async #readQueue(recipient: BlindId): Promise<CachedQueue | undefined> {
    const { client, keys, clusterKeys } = this.#options
    const queueKeys = keys.ofQueue(recipient)
    const fields = await client.hgetallBuffer(queueKeys.queue)
    const { v: revision, s: subscriber, n: notifierSubscriber } = fields
    if (revision === undefined) return undefined
    const pieces: Buffer[] = []
    for (let i = 0; ; i++) {
      const piece = fields[i]
      if (piece === undefined) break
      pieces.push(piece)
    }
    const opened = clusterKeys.open(new Uint8Array(Buffer.concat(pieces)))
    if (opened === undefined)
      throw new ProtocolError('a queue record does not open with any of the cluster keys')
    return {
      record: { ...decodeRecord(opened), revision: Number(revision) },
      keys: queueKeys,
      subscriber: subscriber?.toString('latin1') ?? '',
      notifierSubscriber: notifierSubscriber?.toString('latin1') ?? '',
    }
  }
}
