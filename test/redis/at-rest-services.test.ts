/** What Redis holds of services says nothing without the cluster key. */
import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { idBytes, serviceIdOf } from '../../src/protocol/ids.ts'
import type { Service } from '../../src/store/store.ts'
import { bytes, newNotifier, newNumber, newSubscriber } from '../store/builders.ts'
import { type Pod, startPods } from '../store/cluster.ts'
import { given, held, newCertificate, notify, register } from '../store/services.ts'
import { assertHidden, place, readAll, type Secrets, start } from '../support/redis/at-rest.ts'
import { redisExactlyAt } from './store.ts'

/** The pod of a service is gone without a word; what is for it stays. */
const leaveMail = async (pod: Pod, dying: Pod, service: Service): Promise<Secrets> => {
  const { holder } = await held(dying, service)
  const all = [await given(pod, service), await given(pod, service), await given(pod, service)]
  const [notified, ended, deleted] = all
  assert.ok(notified && ended && deleted && holder)
  await dying.store.close()
  await notify(pod, notified.queue)
  await pod.store.subscribeNotifiers([ended.queue], newSubscriber())
  await pod.store.removeNotifier(deleted.queue, newNumber())
  await pod.store.subscribeService(service, newSubscriber())
  return Object.fromEntries(
    all.flatMap(({ queue, notifier }, index) => [
      [`notifier id ${index}`, idBytes(notifier.notifierId)],
      [`recipient id ${index}`, idBytes(queue.recipientId)],
    ]),
  )
}

describe('after services have come and gone', async () => {
  const server = await start()
  const { clusterKey, prefix, url } = place(server)
  const { pod, others, close } = await startPods(redisExactlyAt({ url, clusterKey }), { pods: 2 })
  after(() => close().finally(() => server.stop()))
  const [dying] = others
  assert.ok(dying)
  const certificates = (['messaging', 'notifier', 'proxy'] as const).map(newCertificate)
  const [messaging, notifier] = [
    await register(pod, certificates[0]),
    await register(pod, certificates[1]),
  ]
  await register(pod, certificates[2])
  await pod.create({ serviceId: messaging.serviceId, notifier: newNotifier() })
  const unknown = serviceIdOf(bytes(24))
  await pod.create({ serviceId: unknown })
  const mail = await leaveMail(pod, dying, notifier)
  const read = await readAll(server)

  test('every kind of thing is there', () => {
    const kinds = new Set(read.keys.map((key) => /^\w+:\{\w+\}:(\w)/.exec(key)?.[1]))
    for (const kind of ['s', 'v', 'w', 'b']) assert.ok(kinds.has(kind), kind)
    const boxes = read.keys.filter((key) => /:b:/.test(key)).map((key) => read.values.get(key))
    const letters = boxes.flatMap((box) => [...(box ?? '').matchAll(/^\w(?=:)/gm)].map(String))
    assert.deepEqual(new Set(letters), new Set(['w', 'F', 'G', 'S']))
  })

  test('no id and no hash of a certificate is found', () => {
    assertHidden(read, {
      ...mail,
      'id of a service': idBytes(notifier.serviceId),
      'id of another': idBytes(messaging.serviceId),
      'id of a third': idBytes(unknown),
      ...Object.fromEntries(certificates.map(({ hash }, i) => [`certificate ${i}`, hash])),
      'cluster key': clusterKey,
    })
  })

  test('names are made of nothing but the prefix, partitions, kinds and what says nothing', () => {
    const name = /^\{[0-9a-z]{3}\}:(c|b:[\w-]{8}|[qmlnisvw]:[\w-]{22})$|^cluster$/
    for (const key of read.keys) {
      assert.ok(key.startsWith(prefix))
      assert.match(key.slice(prefix.length), name)
    }
  })

  test('the services of a certificate differ from each other in nothing but noise', () => {
    const sealed = read.keys
      .filter((key) => /:v:/.test(key))
      .map((key) => read.values.get(key) ?? '')
    assert.equal(sealed.length, 3)
    assert.equal(
      new Set(sealed.map(({ length }) => length)).size,
      1,
      'the role is not in the length',
    )
  })
})
