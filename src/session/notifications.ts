/** NMSG: what waits for the notifiers of a connection, collected over an interval. */
import type { Context } from '../commands/spec.ts'
import type { Subscriptions } from '../delivery/subscriptions.ts'
import type { SessionMeasures } from '../measures/session-measures.ts'
import type { NotifierId } from '../protocol/ids.ts'
import type { StoredNotification } from '../store/store.ts'
import { eventOf, type Outgoing, type Output } from './output.ts'

/** Taken from a notifier at once; a block holds 80. */
const TAKEN_NOTIFICATIONS = 80
/** Taken of all notifiers of a service at once. */
const TAKEN_OF_SERVICE = 320

export interface NotificationsOptions {
  readonly context: Pick<Context, 'store'>
  readonly connection: { readonly id: number }
  readonly output: Output
  readonly subscriptions: Subscriptions
  readonly notificationIntervalMs: number
  readonly measures?: SessionMeasures | undefined
  readonly onFault: (error: unknown, during: string) => void
}

const outgoing = (id: NotifierId, { nonce, meta }: StoredNotification): Outgoing =>
  eventOf(id, { tag: 'NMSG', nonce, meta })

export class Notifications {
  readonly #options: NotificationsOptions
  readonly #notified = new Set<NotifierId>()
  #isServiceNotified = false
  #timer: NodeJS.Timeout | undefined
  #flushing: Promise<void> | undefined
  #isStopped = false

  constructor(options: NotificationsOptions) {
    this.#options = options
  }

  add(id: NotifierId): void {
    if (this.#options.subscriptions.notifier(id) === undefined) return
    this.#notified.add(id)
    this.#schedule()
  }

  addService(): void {
    this.#isServiceNotified = true
    this.#schedule()
  }

  /** As `stop`, once what was taken from the store is on its way. */
  async settle(): Promise<void> {
    clearTimeout(this.#timer)
    await this.#flushing
    this.stop()
  }

  stop(): void {
    this.#isStopped = true
    clearTimeout(this.#timer)
  }

  #schedule(): void {
    if (this.#timer !== undefined || this.#isStopped) return
    this.#timer = setTimeout(() => {
      this.#flushing = this.#flush()
      void this.#flushing.finally(() => {
        this.#timer = undefined
        if (this.#notified.size > 0 || this.#isServiceNotified) this.#schedule()
      })
    }, this.#options.notificationIntervalMs)
  }

  async #flush(): Promise<void> {
    if (this.#notified.size > 0) await this.#flushOwn()
    while (this.#isServiceNotified && !this.#isStopped) if (!(await this.#flushService())) break
  }

  /** Notifications of all notifiers together: a block holds many. */
  async #flushOwn(): Promise<void> {
    const { output, context, connection, onFault } = this.#options
    await output.ready()
    const ids = [...this.#notified]
    this.#notified.clear()
    const take = { connection: connection.id, limit: TAKEN_NOTIFICATIONS }
    const list: Outgoing[] = []
    const again = (id: NotifierId): unknown => this.#notified.add(id)
    try {
      const all = await context.store.takeNotifications(ids, take)
      ids.forEach((id, index) => {
        const taken = all[index]
        for (const one of taken ?? []) list.push(outgoing(id, one))
        if (taken === undefined || taken.length === TAKEN_NOTIFICATIONS) again(id)
      })
    } catch (error) {
      ids.forEach(again)
      onFault(error, 'notifications')
    }
    this.#send(list)
  }

  #send(list: readonly Outgoing[]): void {
    const { output, measures } = this.#options
    if (this.#isStopped || list.length === 0) return
    output.send(list)
    if (measures === undefined) return
    measures.notifications.sent += list.length
    measures.notifications.batches += 1
  }

  /** A portion; false where nothing came, so that it is not asked for more at once. */
  async #flushService(): Promise<boolean> {
    const { output, context, connection, subscriptions, onFault } = this.#options
    const { service } = subscriptions
    await output.ready()
    this.#isServiceNotified = false
    if (!service?.isHeld || this.#isStopped) return false
    try {
      const take = { connection: connection.id, limit: TAKEN_OF_SERVICE }
      const taken = await context.store.takeServiceNotifications(service.service, take)
      this.#isServiceNotified ||= taken.hasMore
      this.#send(taken.notifications.map((one) => outgoing(one.notifierId, one)))
      return taken.notifications.length > 0
    } catch (error) {
      this.#isServiceNotified = true
      onFault(error, 'notifications')
      return false
    }
  }
}
