/**
 * Who holds services, and what waits for them. A service has a hash in each partition, so that
 * scripts on queues find its holder in their own slot; the partition of its name decides who that
 * is, and the others follow: the newer claim stays.
 */
import { ProtocolError } from '../../protocol/bytes.ts'
import type { ServiceNotification, TakenNotifications } from '../service-store.ts'
import type { Service, Subscriber } from '../store.ts'
import { bytesOf, numberOf, type ScriptAnswer, textOf, UnexpectedAnswer } from './answer.ts'
import type { BlindId } from './cluster-keys.ts'
import { connectionText, holderText, holdingOf } from './holder.ts'
import { decodeNotification } from './message-codec.ts'
import type { Pod } from './pod.ts'
import { scripts } from './scripts.ts'
import type { ServiceHold } from './service-holds.ts'

/** Take-overs of one service by others while one is under way; more are not expected. */
const ATTEMPTS = 100
/** Partitions that are asked at once for what waits. */
const PARTITIONS_AT_ONCE = 32

export interface ServicesOptions {
  readonly onFault: (error: unknown, during: string) => void
  /** What is held in a partition could not be looked after. */
  readonly onDoubt?: (tag: string) => void
}

interface Some {
  readonly notifications: readonly ServiceNotification[]
  readonly hasMore: boolean
  /** Nothing waits there any more, nor did: what was there had expired, or was left behind. */
  readonly isCleared?: boolean
}

const nothing: TakenNotifications = { notifications: [], hasMore: false }
const cleared: Some = { notifications: [], hasMore: false, isCleared: true }
const unknown: Some = { notifications: [], hasMore: true }

export class Services {
  readonly #pod: Pod
  readonly #options: ServicesOptions

  constructor(pod: Pod, options: ServicesOptions) {
    this.#pod = pod
    this.#options = options
  }

  async subscribe(service: Service, subscriber: Subscriber): Promise<{ readonly count: number }> {
    const { hold, count } = await this.#takeOver(service, subscriber)
    const home = this.#homeOf(service)
    const others = this.#pod.options.keys.tags.filter((tag) => tag !== home)
    const counts = await Promise.all(others.map((tag) => this.#follow(hold, tag)))
    if (hold.waiting.size > 0) this.#notify(hold)
    return { count: counts.reduce((sum, one) => sum + one, count) }
  }

  async take(
    service: Service,
    { connection, limit }: { readonly connection: number; readonly limit: number },
  ): Promise<TakenNotifications> {
    const hold = this.#pod.serviceHolds.get(connection)
    if (hold?.service.name !== service.name) return nothing
    const tags = [...hold.waiting]
    const atOnce = Math.min(PARTITIONS_AT_ONCE, limit)
    for (let at = 0; at < tags.length; at += atOnce) {
      const some = tags.slice(at, at + atOnce)
      const share = Math.floor(limit / some.length)
      const taken = await Promise.all(some.map((tag) => this.#takeIn(tag, hold, share)))
      const notifications = taken.flatMap((one) => one.notifications)
      if (notifications.length > 0) return { notifications, hasMore: hold.waiting.size > 0 }
    }
    return { notifications: [], hasMore: hold.waiting.size > 0 }
  }

  /** What cannot be given up is corrected by the next holder. */
  async release(connection: number): Promise<void> {
    const hold = this.#pod.serviceHolds.take(connection)
    if (hold === undefined) return
    const claim = this.#pod.claimText(hold)
    const releases = this.#pod.options.keys.tags.map((tag) => {
      const [key] = this.#pod.keysOf(hold.service, tag)
      return this.#pod.run(scripts.releaseService, [key], [claim])
    })
    await Promise.all(releases)
  }

  /** After something was lost: puts claims back, or tells who has lost one. */
  async resume(tags: ReadonlySet<string>): Promise<void> {
    for (const hold of this.#pod.serviceHolds)
      if (hold.isHeld) await Promise.all([...tags].map((tag) => this.#resumeIn(tag, hold)))
  }

  async #resumeIn(tag: string, hold: ServiceHold): Promise<void> {
    try {
      const { word, rest } = await this.#holdIn(tag, hold)
      if (word === 'lost' && tag === this.#homeOf(hold.service))
        this.#pod.tell({ ...hold, type: 'service-ended', queue: hold.service.name })
      else if (word === 'held' && numberOf(rest[1]) > 0) {
        hold.waiting.add(tag)
        this.#notify(hold)
      }
    } catch (error) {
      this.#options.onDoubt?.(tag)
      this.#options.onFault(error, 'resume')
    }
  }

  async #takeOver(service: Service, subscriber: Subscriber) {
    const { serviceHolds, serviceHolders } = this.#pod
    const tag = this.#homeOf(service)
    const place = { keys: { tag, blind: service.name } }
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const previous = serviceHolders.get(service)
      const holder = this.#pod.holder(subscriber, previous)
      const hold = serviceHolds.open(service, holder)
      const news = this.#pod.news('service-ended', previous, place, { besides: subscriber })
      const [key, waiting] = this.#pod.keysOf(service, tag)
      const { word, rest } = await this.#pod.run(
        scripts.takeService,
        [key, waiting, news.mailbox],
        [holderText(holder), previous.text, news.entry],
      )
      if (word === 'moved') {
        serviceHolders.set(service, holdingOf(textOf(rest[0])))
        continue
      }
      hold.isHeld = true
      serviceHolders.set(service, { text: holderText(holder), holder })
      news.deliver()
      if (numberOf(rest[1]) > 0) hold.waiting.add(tag)
      return { hold, count: numberOf(rest[0]) }
    }
    throw new UnexpectedAnswer('a service kept changing hands')
  }

  /** In a partition that does not decide; gives the number of notifiers there. */
  async #follow(hold: ServiceHold, tag: string): Promise<number> {
    const { rest } = await this.#holdIn(tag, hold)
    if (numberOf(rest[1]) > 0) hold.waiting.add(tag)
    return numberOf(rest[0])
  }

  #holdIn(tag: string, hold: ServiceHold): Promise<ScriptAnswer> {
    const text = holderText({ ...hold, pod: this.#pod.options.pod })
    return this.#pod.run(scripts.holdService, this.#pod.keysOf(hold.service, tag), [
      text,
      hold.claimedAt.toString(36),
    ])
  }

  /** What fails is tried again with the next call. */
  async #takeIn(tag: string, hold: ServiceHold, limit: number): Promise<Some> {
    const [, waiting] = this.#pod.keysOf(hold.service, tag)
    const { servers } = this.#pod.options
    // before it is read: what comes from now on is told again
    hold.waiting.delete(tag)
    let taken: Some
    do {
      taken = await servers
        .call(waiting, 'ZRANGE', [waiting, 0, limit - 1])
        .then((all) => this.#takeOf(Array.isArray(all) ? all.map(textOf) : [], hold, limit))
        .catch((error: unknown) => this.#failed(error))
      // each time there are fewer
    } while (taken.isCleared && taken.hasMore)
    if (taken.hasMore) hold.waiting.add(tag)
    return taken
  }

  async #takeOf(blinds: readonly BlindId[], hold: ServiceHold, limit: number): Promise<Some> {
    const share = Math.floor(limit / Math.max(1, blinds.length))
    const taken = await Promise.all(
      blinds.map((blind) =>
        this.#takeFrom(blind, hold, share).catch((error: unknown) => this.#failed(error)),
      ),
    )
    return {
      notifications: taken.flatMap(({ notifications }) => notifications),
      hasMore: blinds.length === limit || taken.some(({ hasMore }) => hasMore),
      isCleared: taken.every(({ isCleared = false }) => isCleared),
    }
  }

  /** Once more where the queue has changed since this pod saw it. */
  async #takeFrom(blind: BlindId, hold: ServiceHold, limit: number): Promise<Some> {
    const first = await this.#tryTake(blind, hold, limit)
    return first ?? (await this.#tryTake(blind, hold, limit)) ?? unknown
  }

  /** Undefined where the queue has changed. */
  async #tryTake(blind: BlindId, hold: ServiceHold, limit: number): Promise<Some | undefined> {
    const { repository, servers, limits, pod } = this.#pod.options
    const queue = await repository.ofService(blind)
    const notifier = queue?.record.notifier
    if (queue === undefined || notifier?.service?.name !== hold.service.name) {
      // left behind by a write that was lost
      const [, waiting] = this.#pod.keysOf(hold.service, this.#pod.options.keys.tagOf(blind))
      await servers.call(waiting, 'ZREM', [waiting, blind])
      return cleared
    }
    const { keys, waiter } = this.#pod.serviceOf(queue)
    const { word, rest } = await this.#pod.run(
      scripts.takeWaiting,
      [queue.keys.queue, queue.keys.notifications, ...keys],
      [
        ...[queue.record.revision, connectionText(pod, hold.connection), waiter, limit],
        this.#pod.nowSeconds - limits.notificationTtlSeconds,
      ],
    )
    if (word === 'stale') {
      repository.cache.drop(queue.record.recipientId)
      return undefined
    }
    if (word !== 'taken') return nothing
    const [expired, left, ...elements] = rest
    this.#pod.countDropped({ expired: numberOf(expired) })
    if (elements.length === 0 && numberOf(left) === 0) return cleared
    const { notifierId } = notifier
    const notifications = elements.map((one) => ({ ...notificationOf(one), notifierId }))
    return { notifications, hasMore: numberOf(left) > 0 }
  }

  #failed(error: unknown): Some {
    this.#options.onFault(error, 'notifications')
    return unknown
  }

  #notify({ connection, claim }: ServiceHold): void {
    this.#pod.options.deliver(connection, { type: 'service-notified', claim })
  }

  #homeOf({ name }: Service): string {
    return this.#pod.options.keys.tagOf(name)
  }
}

const notificationOf = (element: unknown) => {
  const bytes = bytesOf(element)
  if (bytes === undefined) throw new ProtocolError('not a notification')
  return decodeNotification(bytes)
}
