/** The store of a cluster: queues in Redis or Valkey, shared by any number of pods. */
import type { LinkContent } from '../../protocol/command.ts'
import type { Blocking } from '../../protocol/error.ts'
import type { EntityId, LinkId, NotifierId, RecipientId } from '../../protocol/ids.ts'
import type { AuthKey } from '../../protocol/keys.ts'
import type {
  Acknowledgement,
  Append,
  Done,
  NewQueue,
  Notifier,
  QueueParty,
  QueueRecord,
  QueueStore,
  Stale,
  Subscriber,
} from '../store.ts'
import { done, stale } from './changes.ts'
import { connectionText } from './holder.ts'
import { LinkChanges } from './link-changes.ts'
import { Messages } from './messages.ts'
import { NotifierChanges } from './notifier-changes.ts'
import type { Pod } from './pod.ts'
import { QueueChanges } from './queue-changes.ts'
import { scripts } from './scripts.ts'

export class RedisStore implements QueueStore {
  readonly #pod: Pod
  readonly #messages: Messages
  readonly #changes: QueueChanges
  readonly #links: LinkChanges
  readonly #notifiers: NotifierChanges
  readonly #stop: () => Promise<void>

  constructor(pod: Pod, stop: () => Promise<void>) {
    this.#pod = pod
    this.#messages = new Messages(pod)
    this.#changes = new QueueChanges(pod)
    this.#links = new LinkChanges(pod)
    this.#notifiers = new NotifierChanges(pod)
    this.#stop = stop
  }

  async loadQueues(
    party: QueueParty,
    ids: readonly EntityId[],
    { fresh = false }: { readonly fresh?: boolean } = {},
  ) {
    const { repository } = this.#pod.options
    const queues = await (fresh ? repository.read(party, ids) : repository.load(party, ids))
    return queues.map((queue) => queue?.record)
  }

  createQueue(queue: NewQueue, subscriber?: Subscriber) {
    return this.#changes.create(queue, subscriber)
  }

  subscribe(records: readonly QueueRecord[], subscriber: Subscriber) {
    return Promise.all(records.map((record) => this.#messages.subscribe(record, subscriber)))
  }

  fetchHeads(ids: readonly RecipientId[], subscriber: { readonly connection: number }) {
    return this.#messages.fetchHeads(ids, subscriber)
  }

  peekMessage(record: QueueRecord) {
    return this.#messages.peek(record)
  }

  describeQueue(record: QueueRecord) {
    return this.#messages.describe(record)
  }

  acknowledge(record: QueueRecord, acknowledgement: Acknowledgement) {
    return this.#messages.acknowledge(record, acknowledgement)
  }

  appendMessage(record: QueueRecord, append: Append) {
    return this.#messages.append(record, append)
  }

  secureQueue(record: QueueRecord, senderKey: AuthKey) {
    return this.#changes.update(record, { senderKey })
  }

  replaceRecipientKeys(record: QueueRecord, recipientKeys: readonly AuthKey[]) {
    return this.#changes.update(record, { recipientKeys })
  }

  suspendQueue(record: QueueRecord) {
    return this.#changes.update(record, { status: { state: 'suspended' } })
  }

  blockQueue(record: QueueRecord, blocking: Blocking) {
    return this.#changes.update(record, { status: { state: 'blocked', blocking } }, blocking)
  }

  unblockQueue(record: QueueRecord) {
    return this.#changes.update(record, { status: { state: 'active' } })
  }

  deleteQueue(record: QueueRecord, by: number) {
    return this.#changes.remove(record, by)
  }

  setLinkData(record: QueueRecord, link: LinkContent & { readonly linkId: LinkId }) {
    return this.#links.setLink(record, link)
  }

  deleteLinkData(record: QueueRecord) {
    return this.#links.removeLink(record)
  }

  openLink(record: QueueRecord, senderKey?: AuthKey) {
    return this.#links.openLink(record, senderKey)
  }

  setNotifier(record: QueueRecord, notifier: Notifier, by: number) {
    return this.#notifiers.setNotifier(record, notifier, by)
  }

  async removeNotifier(record: QueueRecord, by: number): Promise<Stale | Done> {
    const result = await this.#notifiers.setNotifier(record, undefined, by)
    return result.outcome === 'done' ? done : stale
  }

  subscribeNotifiers(records: readonly QueueRecord[], subscriber: Subscriber) {
    return Promise.all(records.map((record) => this.#notifiers.subscribe(record, subscriber)))
  }

  takeNotifications(id: NotifierId, options: { connection: number; limit: number }) {
    return this.#notifiers.take(id, options)
  }

  async release(
    connection: number,
    held: { recipients: readonly RecipientId[]; notifiers: readonly NotifierId[] },
  ) {
    const { repository, pod } = this.#pod.options
    const holder = connectionText(pod, connection)
    const give = async (party: 'recipient' | 'notifier', ids: readonly EntityId[]) => {
      const field = party === 'recipient' ? 's' : 'n'
      const queues = await repository.load(party, ids)
      await Promise.all(
        queues.map(
          (queue) => queue && this.#pod.run(scripts.release, [queue.keys.queue], [field, holder]),
        ),
      )
    }
    await Promise.all([give('recipient', held.recipients), give('notifier', held.notifiers)])
  }

  close() {
    return this.#stop()
  }
}
