/** What tests of services do: register them, hold them, give them notifiers. */
import assert from 'node:assert/strict'
import type { ServiceCertificate } from '../../src/store/service-store.ts'
import type {
  Notifier,
  QueueRecord,
  Service,
  StoredNotification,
  StoreEvent,
  Subscriber,
} from '../../src/store/store.ts'
import { bytes, newNotifier, newSubscriber } from './builders.ts'
import type { Pod } from './cluster.ts'

const done = { outcome: 'done' }
export const joined = { outcome: 'done', isNew: true }

export const newCertificate = (
  role: ServiceCertificate['role'] = 'notifier',
): ServiceCertificate => ({
  hash: bytes(32),
  role,
})

export const register = async (pod: Pod, certificate = newCertificate()): Promise<Service> => {
  const registered = await pod.store.registerService(certificate)
  assert.ok(registered.outcome === 'done')
  return registered.service
}

export const about = (
  type: 'ended' | 'deleted',
  { notifierId }: Notifier,
  { claim }: Subscriber,
): StoreEvent => ({ type, entityId: notifierId, claim })

export const told = (
  type: 'service-ended' | 'service-notified',
  { claim }: Subscriber,
): StoreEvent => ({
  type,
  claim,
})

export interface Scene {
  readonly service: Service
  readonly holder: Subscriber
}

/** A service that is held here. */
export const held = async (here: Pod, service?: Service): Promise<Scene> => {
  const known = service ?? (await register(here))
  const holder = newSubscriber()
  await here.store.subscribeService(known, holder)
  return { service: known, holder }
}

export interface Given {
  readonly queue: QueueRecord
  readonly notifier: Notifier
}

/** A queue of the pod whose notifier is the service's. */
export const given = async (pod: Pod, service: Service): Promise<Given> => {
  const notifier = newNotifier()
  const queue = await pod.create({ notifier })
  assert.deepEqual(await pod.store.associateNotifiers([queue], service), [joined])
  return { queue: await pod.load(queue), notifier }
}

/** Appends with a notification; the message does not stay, so that the queue is never full. */
export const notify = async (pod: Pod, queue: QueueRecord): Promise<StoredNotification> => {
  const notification = pod.notification()
  const { messageId } = await pod.append(queue, notification)
  assert.deepEqual(await pod.store.acknowledge(queue, { messageId }), done)
  return notification
}

export const countOf = async (pod: Pod, service: Service): Promise<number> =>
  (await pod.store.subscribeService(service, newSubscriber())).count

export const take = (pod: Pod, { service, holder }: Scene, limit = 1000) =>
  pod.store.takeServiceNotifications(service, { connection: holder.connection, limit })

export const of = ({ notifierId }: Notifier, ...all: readonly StoredNotification[]) =>
  all.map((one) => ({ ...one, notifierId }))

/** Resolves when the holder was told so often that something waits. */
export const toldOften = (pod: Pod, { holder }: Scene, count: number): Promise<void> =>
  pod.events.hold(
    holder.connection,
    (events) => events.filter(({ type }) => type === 'service-notified').length >= count,
  )
