/** A destination that only remembers which ids there are: what an import would do, without a store. */
import { latin1Text, noBytes } from '../protocol/bytes.ts'
import type { ServiceRole } from '../protocol/handshake.ts'
import { type NotifierId, type RecipientId, recipientIdOf, senderIdOf } from '../protocol/ids.ts'
import { IdSet } from '../store/id-set.ts'
import type { Service } from '../store/store.ts'
import type {
  Destination,
  HeldQueue,
  Put,
  PutService,
  WholeQueue,
  WholeService,
} from '../store/transfer.ts'

/** Nothing that is encrypted with it goes anywhere. */
const noSecret = new Uint8Array(32)

const heldBy = (recipientId: RecipientId): HeldQueue => ({
  record: {
    recipientId,
    senderId: senderIdOf(noBytes),
    recipientKeys: [],
    dhSecret: noSecret,
    status: { state: 'active' },
  },
  link: async () => undefined,
  messages: async () => [],
  notifications: async () => [],
  addMessages: async ({ length }) => length,
  addNotifications: async ({ length }) => length,
})

export class DryRun implements Destination {
  readonly #recipients = new IdSet()
  readonly #senders = new IdSet()
  readonly #links = new IdSet()
  readonly #notifiers = new IdSet()
  readonly #services = new Map<string, { readonly service: Service; readonly role: ServiceRole }>()

  async putService({ hash, serviceId, role }: WholeService): Promise<PutService> {
    const known = this.#services.get(latin1Text(hash))
    if (known === undefined) {
      const service = { serviceId, name: latin1Text(hash) }
      this.#services.set(latin1Text(hash), { service, role })
      return { outcome: 'made', service }
    }
    if (known.role !== role) return { outcome: 'refused' }
    const { service } = known
    return { outcome: service.serviceId === serviceId ? 'same' : 'other', service }
  }

  async putQueue({ recipientId, senderId, link, notifier }: WholeQueue): Promise<Put> {
    const ids: readonly (readonly [IdSet, string | undefined])[] = [
      [this.#recipients, recipientId],
      [this.#senders, senderId],
      [this.#links, link?.linkId],
      [this.#notifiers, notifier?.notifierId],
    ]
    if (ids.some(([set, id]) => id !== undefined && set.has(id))) return 'taken'
    for (const [set, id] of ids) if (id !== undefined) set.add(id)
    return 'made'
  }

  async find(id: RecipientId): Promise<HeldQueue | undefined> {
    return this.#recipients.has(id) ? heldBy(id) : undefined
  }

  async findNotifier(id: NotifierId): Promise<HeldQueue | undefined> {
    return this.#notifiers.has(id) ? heldBy(recipientIdOf(noBytes)) : undefined
  }
}
