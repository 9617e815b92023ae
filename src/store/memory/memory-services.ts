/** Services of the in-memory store: who they are, who holds them, and which notifiers are theirs. */
import { nativeCrypto } from '../../crypto/native.ts'
import { ID_BYTES, type NotifierId, serviceIdOf } from '../../protocol/ids.ts'
import { bareBase64url } from '../../protocol/text.ts'
import type { ServiceCertificate } from '../service-store.ts'
import type { Service, Subscriber } from '../store.ts'
import type { News, Tell } from './memory-notifiers.ts'

interface MemoryService {
  readonly service: Service
  readonly role: ServiceCertificate['role']
  count: number
  subscriber?: Subscriber
  /** Its notifiers with notifications. */
  readonly waiting: Set<NotifierId>
}

export class MemoryServices {
  /** The name is made of the certificate's hash. */
  readonly #byName = new Map<string, MemoryService>()
  readonly #tell: Tell

  constructor(tell: Tell) {
    this.#tell = tell
  }

  /** By role. */
  get counts() {
    const counts = { messaging: 0, notifier: 0, proxy: 0 }
    for (const { role } of this.#byName.values()) counts[role] += 1
    return counts
  }

  /** Notifiers of all services. */
  get notifiers(): number {
    let sum = 0
    for (const { count } of this.#byName.values()) sum += count
    return sum
  }

  register({ hash, role }: ServiceCertificate) {
    const name = bareBase64url(hash)
    const present = this.#byName.get(name) ?? this.#add(name, role)
    if (present.role !== role) return { outcome: 'refused' } as const
    return { outcome: 'done', service: present.service } as const
  }

  subscribe({ name }: Service, subscriber: Subscriber): { readonly count: number } {
    const present = this.#byName.get(name)
    if (present === undefined) return { count: 0 }
    const { subscriber: previous, count, waiting } = present
    present.subscriber = subscriber
    if (previous !== undefined && previous.connection !== subscriber.connection)
      this.#tell(previous, { type: 'service-ended' })
    if (waiting.size > 0) this.#tell(subscriber, { type: 'service-notified' })
    return { count }
  }

  isHeld({ name }: Service): boolean {
    return this.#byName.get(name)?.subscriber !== undefined
  }

  /** One more notifier is the service's. */
  join({ name }: Service): void {
    const present = this.#byName.get(name)
    if (present !== undefined) present.count += 1
  }

  /** One of its notifiers is so no longer, of which the holder is told unless it is `by`. */
  leave({ name }: Service, id: NotifierId, news: News, by?: number): void {
    const present = this.#byName.get(name)
    if (present === undefined) return
    present.count -= 1
    present.waiting.delete(id)
    const { subscriber } = present
    if (subscriber !== undefined && subscriber.connection !== by) this.#tell(subscriber, news)
  }

  notified({ name }: Service, id: NotifierId): void {
    const present = this.#byName.get(name)
    present?.waiting.add(id)
    if (present?.subscriber !== undefined)
      this.#tell(present.subscriber, { type: 'service-notified' })
  }

  /** Undefined where the connection does not hold the service. */
  waitingOf({ name }: Service, connection: number): Set<NotifierId> | undefined {
    const present = this.#byName.get(name)
    return present?.subscriber?.connection === connection ? present.waiting : undefined
  }

  release({ name }: Service, connection: number): void {
    const present = this.#byName.get(name)
    if (present?.subscriber?.connection === connection) delete present.subscriber
  }

  #add(name: string, role: ServiceCertificate['role']): MemoryService {
    const service = { serviceId: serviceIdOf(nativeCrypto.randomBytes(ID_BYTES)), name }
    const added = { service, role, count: 0, waiting: new Set<NotifierId>() }
    this.#byName.set(name, added)
    return added
  }
}
