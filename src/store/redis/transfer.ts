/** Moving whole queues in and out of Redis. */
import { equalBytes, ProtocolError } from '../../protocol/bytes.ts'
import { idBytes, type NotifierId, type RecipientId } from '../../protocol/ids.ts'
import type { StoreCounts } from '../counts.ts'
import { StoreUnavailable } from '../store-error.ts'
import type { Put, PutService, QueueTransfer, WholeQueue, WholeService } from '../transfer.ts'
import { textOf } from './answer.ts'
import { durably } from './changes.ts'
import type { BlindId } from './cluster-keys.ts'
import { countAll } from './counts.ts'
import { HeldInRedis } from './held-queue.ts'
import { CLAIM_SECONDS, type Claims, claimIds, idsOf } from './indexes.ts'
import type { QueueKeys } from './keys.ts'
import { encodeLink } from './link-changes.ts'
import type { Pod } from './pod.ts'
import { encodeRecord, type RecordFields } from './record-codec.ts'
import { scanKeys } from './scan.ts'
import { scripts } from './scripts.ts'
import { ServiceRegistry } from './service-registry.ts'

/** Of the cluster's settings: which files are being imported, or were. */
const IMPORT_FIELD = 'import'

const recordOf = ({ link, ...fields }: WholeQueue): RecordFields =>
  link === undefined ? fields : { ...fields, linkId: link.linkId }

export class RedisTransfer implements QueueTransfer {
  readonly #pod: Pod
  readonly #services: ServiceRegistry

  constructor(pod: Pod) {
    this.#pod = pod
    this.#services = new ServiceRegistry(pod)
  }

  async beginImport(source: string) {
    const { servers, keys } = this.#pod.options
    const begun = [keys.cluster, IMPORT_FIELD, `begun ${source}`]
    await servers.call(keys.cluster, 'HSETNX', begun, durably)
    const found = textOf(await servers.call(keys.cluster, 'HGET', [keys.cluster, IMPORT_FIELD]))
    if (found === `complete ${source}`) return 'complete'
    return found === `begun ${source}` ? 'begun' : 'other'
  }

  async completeImport(source: string): Promise<void> {
    const { servers, keys } = this.#pod.options
    const complete = [keys.cluster, IMPORT_FIELD, `complete ${source}`]
    await servers.call(keys.cluster, 'HSET', complete, durably)
  }

  putService(service: WholeService): Promise<PutService> {
    return this.#services.put(service)
  }

  /** As a client's NEW makes it: indexes first, the queue last, and again what was left half done. */
  async putQueue(queue: WholeQueue): Promise<Put> {
    const { keys, clusterKeys } = this.#pod.options
    const record = recordOf(queue)
    const blind = clusterKeys.blind('recipient', idBytes(record.recipientId))
    const claims = await claimIds(this.#pod, idsOf(record), blind)
    if (claims === undefined) return this.#compare(queue)
    if (clusterKeys.ids.length > 1) {
      const older = await this.find(record.recipientId)
      if (older !== undefined && !(await this.#isNamed(blind))) {
        await claims.giveBack()
        return this.#compare(queue)
      }
    }
    const isMade = await this.#make(queue, blind)
    if (!isMade) {
      const put = await this.#compare(queue)
      if (put !== 'same') {
        await claims.giveBack()
        return put
      }
    }
    const isKept = await this.#keep(keys.ofQueue(blind), claims, queue.notifier)
    if (isMade && !isKept) throw new StoreUnavailable('making a queue took too long')
    return isKept ? 'made' : 'same'
  }

  async find(id: RecipientId): Promise<HeldInRedis | undefined> {
    const blinds = this.#pod.options.clusterKeys.blinds('recipient', idBytes(id))
    return this.#at(blinds, (record) => record.recipientId === id)
  }

  async findNotifier(id: NotifierId): Promise<HeldInRedis | undefined> {
    const { clusterKeys, servers, keys } = this.#pod.options
    const indexes = clusterKeys.blinds('notifier', idBytes(id)).map((one) => keys.index(one))
    const answers = indexes.map((index) => servers.call(index, 'GET', [index]))
    const blinds = (await Promise.all(answers)).map(textOf).filter((blind) => blind !== '')
    return this.#at(blinds, (record) => record.notifier?.notifierId === id)
  }

  async *queues() {
    for await (const found of scanKeys(this.#pod.options)) {
      const read = found.map((key) => this.#read(this.#pod.options.keys.blindOf(key)))
      const held = await Promise.all(read)
      yield held.filter((one) => one !== 'gone')
    }
  }

  count(): Promise<StoreCounts> {
    return countAll(this.#pod)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#pod.options.servers.close()
  }

  async #at(
    blinds: readonly BlindId[],
    isMeant: (record: RecordFields) => boolean,
  ): Promise<HeldInRedis | undefined> {
    const { repository } = this.#pod.options
    const queues = await Promise.all(blinds.map((blind) => repository.at(blind)))
    const queue = queues.find((one) => one !== undefined && isMeant(one.record))
    return queue && new HeldInRedis(this.#pod, queue)
  }

  /** Undefined for what does not open. */
  async #read(blind: BlindId): Promise<HeldInRedis | undefined | 'gone'> {
    try {
      const queue = await this.#pod.options.repository.at(blind)
      if (queue === undefined) return 'gone'
      const held = new HeldInRedis(this.#pod, queue)
      return (await held.isKept()) ? held : 'gone'
    } catch (error) {
      if (error instanceof ProtocolError) return undefined
      throw error
    }
  }

  async #isNamed(blind: BlindId): Promise<boolean> {
    return (await this.#pod.options.repository.at(blind)) !== undefined
  }

  async #make(queue: WholeQueue, blind: BlindId): Promise<boolean> {
    const { keys, clusterKeys, repository } = this.#pod.options
    const { link } = queue
    const queueKeys = keys.ofQueue(blind)
    const { word } = await this.#pod.run(
      scripts.createQueue,
      [queueKeys.queue, queueKeys.link],
      [
        '',
        link === undefined ? '' : clusterKeys.seal(encodeLink(link)),
        link === undefined ? '' : clusterKeys.fixedHashes(link.fixed)[0],
        CLAIM_SECONDS,
        ...repository.pieces(recordOf(queue)),
      ],
    )
    return word === 'done'
  }

  /** Whether it is kept by this: one that is kept already is not counted twice. */
  async #keep(
    { queue, link, counts, tag }: Pick<QueueKeys, 'queue' | 'link' | 'counts' | 'tag'>,
    claims: Claims,
    notifier: WholeQueue['notifier'],
  ): Promise<boolean> {
    if (!(await claims.keep())) throw new StoreUnavailable('making a queue took too long')
    const held = notifier?.service ? [this.#pod.keysOf(notifier.service, tag)[0]] : []
    const kept = await this.#pod.run(
      scripts.keepQueue,
      [queue, link, counts, ...held],
      [notifier === undefined ? 0 : 1],
      durably,
    )
    return kept.word === 'done'
  }

  async #compare(queue: WholeQueue): Promise<Exclude<Put, 'made'>> {
    const held = await this.find(queue.recipientId)
    if (held === undefined) return 'taken'
    const { senderId, dhSecret } = held.record
    if (senderId !== queue.senderId || !equalBytes(dhSecret, queue.dhSecret)) return 'taken'
    if (!equalBytes(encodeRecord(held.record), encodeRecord(recordOf(queue)))) return 'changed'
    if (queue.link === undefined) return 'same'
    const link = await held.link()
    return link && equalBytes(encodeLink(link), encodeLink(queue.link)) ? 'same' : 'changed'
  }
}
