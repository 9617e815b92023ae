/**
 * One in-memory store as the pods of a cluster would see it: each pod numbers its own connections
 * and keeps records that it loaded; calls take a moment there and back; what another pod caused
 * comes a moment later and without the message. Shows that the contract can be met by such stores.
 */
import { setImmediate as nextImmediate } from 'node:timers/promises'
import { MemoryStore } from '../../src/store/memory/memory-store.ts'
import type {
  Deliver,
  Lookup,
  QueueRecord,
  QueueStore,
  StoreEvent,
  StoreOptions,
  Subscriber,
} from '../../src/store/store.ts'
import type { StoreFactory } from './cluster.ts'

type Own = (connection: number) => number

const withoutMessage = (event: StoreEvent): StoreEvent => {
  if (event.type !== 'available') return event
  const { message: _, ...rest } = event
  return rest
}

/** Records are kept for ever, and read again only where fresh ones are asked for. */
const loadWithCache = (store: QueueStore): QueueStore['loadQueues'] => {
  const cache = new Map<string, QueueRecord>()
  return async (party, ids, { fresh = false } = {}) => {
    const lookups = await store.loadQueues(party, ids)
    return lookups.map((lookup, index): Lookup => {
      const key = `${party}${ids[index]}`
      const kept = fresh ? undefined : cache.get(key)
      if (kept !== undefined) return { outcome: 'found', queue: kept, isFresh: false }
      if (lookup.outcome === 'found') cache.set(key, lookup.queue)
      return lookup
    })
  }
}

const podView = (store: QueueStore, own: Own): QueueStore => {
  const mine = <T extends Pick<Subscriber, 'connection'>>(of: T): T => ({
    ...of,
    connection: own(of.connection),
  })
  return {
    loadQueues: loadWithCache(store),
    createQueue: (queue, subscriber) => store.createQueue(queue, subscriber && mine(subscriber)),
    subscribe: (queues, subscriber) => store.subscribe(queues, mine(subscriber)),
    fetchHeads: (ids, subscriber) => store.fetchHeads(ids, mine(subscriber)),
    peekMessage: (queue) => store.peekMessage(queue),
    acknowledge: (queue, { messageId, subscriber }) =>
      store.acknowledge(queue, {
        messageId,
        ...(subscriber && { subscriber: mine(subscriber) }),
      }),
    appendMessage: (queue, append) => store.appendMessage(queue, append),
    secureQueue: (queue, key) => store.secureQueue(queue, key),
    replaceRecipientKeys: (queue, keys) => store.replaceRecipientKeys(queue, keys),
    suspendQueue: (queue) => store.suspendQueue(queue),
    reserveBlock: (limit) => store.reserveBlock(limit),
    cancelBlock: (day) => store.cancelBlock(day),
    countBlocks: () => store.countBlocks(),
    blockQueue: (queue, blocking) => store.blockQueue(queue, blocking),
    unblockQueue: (queue) => store.unblockQueue(queue),
    deleteQueue: (queue, by) => store.deleteQueue(queue, own(by)),
    describeQueue: (queue) => store.describeQueue(queue),
    subscriptionsOf: (queue) => store.subscriptionsOf(queue),
    setLinkData: (queue, link) => store.setLinkData(queue, link),
    deleteLinkData: (queue) => store.deleteLinkData(queue),
    openLink: (queue, key) => store.openLink(queue, key),
    setNotifier: (queue, notifier, by) => store.setNotifier(queue, notifier, own(by)),
    removeNotifier: (queue, by) => store.removeNotifier(queue, own(by)),
    subscribeNotifiers: (queues, subscriber) => store.subscribeNotifiers(queues, mine(subscriber)),
    takeNotifications: (ids, options) => store.takeNotifications(ids, mine(options)),
    registerService: (certificate) => store.registerService(certificate),
    subscribeService: (service, subscriber) => store.subscribeService(service, mine(subscriber)),
    associateNotifiers: (queues, service) => store.associateNotifiers(queues, service),
    takeServiceNotifications: (service, options) =>
      store.takeServiceNotifications(service, mine(options)),
    release: (connection, held) => store.release(own(connection), held),
    problems: () => store.problems(),
    count: () => store.count(),
    countActive: () => store.countActive(),
    serverMemory: () => store.serverMemory(),
    close: async () => {},
  }
}

/** Calls arrive in the order in which they were made, and are answered later. */
const atDistance = (store: QueueStore, onArrival: () => void): QueueStore =>
  new Proxy(store, {
    get(target, name, receiver) {
      const method: (...args: unknown[]) => Promise<unknown> = Reflect.get(target, name, receiver)
      return async (...args: unknown[]) => {
        await nextImmediate()
        onArrival()
        const result = await method(...args)
        await nextImmediate()
        return result
      }
    },
  })

export const memoryPods: StoreFactory = {
  isClustered: true,
  async start(pods) {
    /** Whose call the store is at: it tells what that causes before it returns. */
    let caller: StoreOptions | undefined
    const deliver: Deliver = (connection, event) => {
      const pod = pods[connection % pods.length]
      const own = Math.floor(connection / pods.length)
      if (pod === caller) pod?.deliver(own, event)
      else setImmediate(() => setImmediate(() => pod?.deliver(own, withoutMessage(event))))
    }
    const [first] = pods
    if (first === undefined) throw new Error('no pods')
    const store = new MemoryStore({ ...first, deliver })
    const stores = pods.map((pod, index) => {
      const view = podView(store, (connection) => connection * pods.length + index)
      return atDistance(view, () => {
        caller = pod
      })
    })
    return { stores, close: () => store.close() }
  },
}
