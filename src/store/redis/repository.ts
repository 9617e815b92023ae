/** Queue records in Redis: found by any of their ids, opened, kept in the cache. */
import type { StoreMeasures } from '../../measures/store-measures.ts'
import { type Bytes, ProtocolError } from '../../protocol/bytes.ts'
import { type EntityId, idBytes, type NotifierId, type RecipientId } from '../../protocol/ids.ts'
import type { Lookup, QueueParty } from '../store.ts'
import { textOf } from './answer.ts'
import type { BlindId, ClusterKeys } from './cluster-keys.ts'
import type { Servers } from './connection/servers.ts'
import { holdingOf } from './holder.ts'
import type { Keys } from './keys.ts'
import { type CachedQueue, idOf, QueueCache } from './queue-cache.ts'
import { decodeRecord, encodeRecord, type RecordFields } from './record-codec.ts'

/** The largest hash field that keeps a small hash in its compact form. */
const PIECE_BYTES = 64

export interface RepositoryOptions {
  readonly servers: Servers
  readonly keys: Keys
  readonly clusterKeys: ClusterKeys
  /** Some record: what is opened where there is none. */
  readonly decoy: RecordFields
  readonly cachedQueues: number
  readonly measures?: StoreMeasures | undefined
}

const missing: Lookup = { outcome: 'missing' }

export class Repository {
  readonly #options: RepositoryOptions
  readonly #decoy: Bytes
  readonly cache: QueueCache

  constructor(options: RepositoryOptions) {
    this.#options = options
    this.cache = new QueueCache(options.cachedQueues)
    this.#decoy = options.clusterKeys.seal(encodeRecord(options.decoy))
  }

  /**
   * In the order of the ids: what is cached, unless it has to be fresh; the rest is read in one
   * round trip (by recipient ids) or two for all, the same whether or not the queues exist.
   */
  load(
    party: QueueParty,
    ids: readonly EntityId[],
    { isFresh }: { readonly isFresh: boolean },
  ): Promise<readonly Lookup[]> {
    const counts = this.#options.measures?.cache
    return Promise.all(
      ids.map(async (id): Promise<Lookup> => {
        const cached = isFresh ? undefined : this.cache.get(party, id)
        if (counts !== undefined) counts[isFresh ? 'fresh' : cached ? 'hit' : 'miss'] += 1
        if (cached) return { outcome: 'found', queue: cached.record, isFresh: false }
        try {
          const queue = await this.#read(party, id)
          return queue ? { outcome: 'found', queue: queue.record, isFresh: true } : missing
        } catch (cause) {
          return { outcome: 'failed', cause }
        }
      }),
    )
  }

  /** The queue as it is cached, or as it is now. */
  async present(
    id: RecipientId,
    { isFresh = false }: { readonly isFresh?: boolean } = {},
  ): Promise<CachedQueue | undefined> {
    return (isFresh ? undefined : this.cache.get('recipient', id)) ?? this.#read('recipient', id)
  }

  /** The queue of a service by its name, as it is cached, or as it is now. */
  async ofService(recipient: BlindId): Promise<CachedQueue | undefined> {
    const cached = this.cache.ofService(recipient)
    if (cached !== undefined) return cached
    const queue = await this.#readQueue(recipient)
    if (queue !== undefined) this.cache.set(queue)
    return queue
  }

  /** The queue of a name, as it is now. */
  at(recipient: BlindId): Promise<CachedQueue | undefined> {
    return this.#readQueue(recipient)
  }

  async notifierOf(id: NotifierId): Promise<CachedQueue | undefined> {
    return this.cache.get('notifier', id) ?? this.#read('notifier', id)
  }

  /** The record in pieces for a script: sealed, 64 bytes each. */
  pieces(record: RecordFields): readonly Bytes[] {
    const sealed = this.#options.clusterKeys.seal(encodeRecord(record))
    const pieces: Bytes[] = []
    for (let at = 0; at < sealed.length; at += PIECE_BYTES)
      pieces.push(sealed.subarray(at, at + PIECE_BYTES))
    return pieces
  }

  /**
   * Keys rotate: a thing may stand under the name that an older key gave it, so all names are tried
   * at once. Where nothing is found a name that nobody has is read and the decoy opened instead.
   */
  async #read(party: QueueParty, id: EntityId): Promise<CachedQueue | undefined> {
    const blinds = this.#options.clusterKeys.blinds(party, idBytes(id))
    const recipients =
      party === 'recipient'
        ? blinds
        : await Promise.all(blinds.map((one) => this.#recipientOf(one)))
    const queues = await Promise.all(
      recipients.map((recipient, index) => this.#readQueue(recipient ?? blinds[index] ?? '')),
    )
    const queue = queues.find((one) => one !== undefined && idOf(party, one.record) === id)
    if (queue !== undefined) this.cache.set(queue)
    return queue
  }

  async #recipientOf(blind: BlindId): Promise<BlindId | undefined> {
    const { servers, keys } = this.#options
    const index = keys.index(blind)
    return textOf(await servers.call(index, 'GET', [index])) || undefined
  }

  async #readQueue(recipient: BlindId): Promise<CachedQueue | undefined> {
    const { servers, keys } = this.#options
    const queueKeys = keys.ofQueue(recipient)
    const fields = fieldsOf(await servers.call(queueKeys.queue, 'HGETALL', [queueKeys.queue]))
    const revision = fields.get('v')
    const record = this.#open(revision === undefined ? this.#decoy : sealedOf(fields))
    if (revision === undefined) return undefined
    return {
      record: { ...record, revision: Number(revision.toString('latin1')) },
      keys: queueKeys,
      subscriber: holdingOf(textOf(fields.get('s'))),
      notifierSubscriber: holdingOf(textOf(fields.get('n'))),
      reads: 0,
      isUsed: false,
    }
  }

  #open(sealed: Bytes): RecordFields {
    const opened = this.#options.clusterKeys.open(sealed)
    if (opened === undefined)
      throw new ProtocolError('a queue record does not open with any of the cluster keys')
    return decodeRecord(opened)
  }
}

/** The answer of HGETALL: names and values in turn (RESP2), or one entry each (RESP3). */
const fieldsOf = (answer: unknown): ReadonlyMap<string, Buffer> => {
  const fields = new Map<string, Buffer>()
  const list = Array.isArray(answer) ? answer.flat() : []
  for (let i = 0; i + 1 < list.length; i += 2) {
    const [name, value] = [list[i], list[i + 1]]
    if (Buffer.isBuffer(value)) fields.set(textOf(name), value)
  }
  return fields
}

const sealedOf = (fields: ReadonlyMap<string, Buffer>): Bytes => {
  const pieces: Buffer[] = []
  for (let i = 0; ; i++) {
    const piece = fields.get(`${i}`)
    if (piece === undefined) break
    pieces.push(piece)
  }
  return new Uint8Array(Buffer.concat(pieces))
}
