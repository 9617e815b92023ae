/** How many notifiers and services a store holds; only changes are compared. */
import assert from 'node:assert/strict'
import type { QueueRecord, Service } from '../../../src/store/store.ts'
import { newNotifier, newSubscriber } from '../builders.ts'
import type { Check, Pod } from '../cluster.ts'
import { given, newCertificate, register } from '../services.ts'

/** Notifiers, and those of services among them, since then. */
const counting = async ({ store }: Pod) => {
  const first = await store.count()
  return async (notifiers: number, serviceNotifiers: number): Promise<void> => {
    const now = await store.count()
    const changes = [now.notifiers - first.notifiers, now.serviceNotifiers - first.serviceNotifiers]
    assert.deepEqual(changes, [notifiers, serviceNotifiers])
  }
}

const associate = async (pod: Pod, queue: QueueRecord, service: Service) =>
  pod.store.associateNotifiers([await pod.load(queue)], service)

export const notifierCountCases = (check: Check): void => {
  check('notifiers count from NEW or NKEY to NDEL or DEL', async (pod) => {
    const isAt = await counting(pod)
    const withOne = await pod.create({ notifier: newNotifier() })
    const without = await pod.create()
    await isAt(1, 0)
    await pod.store.setNotifier(without, newNotifier(), 0)
    await isAt(2, 0)
    await pod.store.setNotifier(await pod.load(without), newNotifier(), 0)
    await isAt(2, 0)
    await pod.store.removeNotifier(await pod.load(without), 0)
    await pod.store.removeNotifier(await pod.load(without), 0)
    await isAt(1, 0)
    await pod.store.deleteQueue(await pod.load(without), 0)
    await isAt(1, 0)
    await pod.store.deleteQueue(withOne, 0)
    await isAt(0, 0)
  })

  check('notifiers of services count as long as they are theirs', async (pod) => {
    const [service, other] = [await register(pod), await register(pod)]
    const isAt = await counting(pod)
    const { queue } = await given(pod, service)
    await isAt(1, 1)
    await associate(pod, queue, service)
    await associate(pod, queue, other)
    await isAt(1, 1)
    await pod.store.subscribeNotifiers([await pod.load(queue)], newSubscriber())
    await isAt(1, 0)
    await associate(pod, queue, other)
    await isAt(1, 1)
    await pod.store.removeNotifier(await pod.load(queue), 0)
    await isAt(0, 0)
    await pod.store.setNotifier(await pod.load(queue), newNotifier(), 0)
    await associate(pod, queue, service)
    await isAt(1, 1)
    await pod.store.setNotifier(await pod.load(queue), newNotifier(), 0)
    await isAt(1, 0)
    await associate(pod, queue, service)
    await pod.store.deleteQueue(await pod.load(queue), 0)
    await isAt(0, 0)
  })

  check('services count by role when they register, once', async (pod) => {
    const first = await pod.store.count()
    const certificates = (['messaging', 'notifier', 'notifier'] as const).map(newCertificate)
    for (const _ of ['first', 'again'])
      await Promise.all(certificates.map((one) => register(pod, one)))
    const { services } = await pod.store.count()
    assert.equal(services.messaging - first.services.messaging, 1)
    assert.equal(services.notifier - first.services.notifier, 2)
    assert.equal(services.proxy, first.services.proxy)
  })
}
