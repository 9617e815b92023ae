/** Which records a pod keeps, and by which ids it finds them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { serviceIdOf } from '../../../src/protocol/ids.ts'
import { nobody } from '../../../src/store/redis/holder.ts'
import { Keys } from '../../../src/store/redis/keys.ts'
import { type CachedQueue, QueueCache } from '../../../src/store/redis/queue-cache.ts'
import type { QueueRecord } from '../../../src/store/store.ts'
import { bytes, newLinkId, newNotifier, newQueue } from '../../store/builders.ts'

const keys = new Keys('', 4)
let made = 0

const newCached = (fields: Partial<QueueRecord> = {}): CachedQueue => {
  made += 1
  return {
    record: { ...newQueue(), revision: 1, status: { state: 'active' }, ...fields },
    keys: keys.ofQueue(`Queue${made}`.padEnd(22, '_')),
    ...{ subscriber: nobody, notifierSubscriber: nobody, reads: 0, isUsed: false },
  }
}

const fill = (cache: QueueCache, count: number): readonly CachedQueue[] => {
  const queues = Array.from({ length: count }, () => newCached())
  for (const queue of queues) cache.set(queue)
  return queues
}

const has = (cache: QueueCache, { record }: CachedQueue): boolean => cache.of(record) !== undefined

test('a record is found by all its ids, and by none once it is dropped', () => {
  const cache = new QueueCache(2)
  const service = { name: 'a service', serviceId: serviceIdOf(bytes(24)) }
  const queue = newCached({ linkId: newLinkId(), notifier: { ...newNotifier(), service } })
  const { recipientId, senderId, linkId, notifier } = queue.record
  const lookUp = () => [
    cache.get('recipient', recipientId),
    cache.get('sender', senderId),
    linkId && cache.get('link', linkId),
    notifier && cache.get('notifier', notifier.notifierId),
    cache.ofService(queue.keys.blind),
    cache.of(queue.record),
  ]
  cache.set(queue)
  assert.ok(lookUp().every((one) => one === queue))
  cache.drop(recipientId)
  assert.ok(lookUp().every((one) => one === undefined))
})

test('an id that the record has no longer finds nothing', () => {
  const cache = new QueueCache(2)
  const { record, ...rest } = newCached({ linkId: newLinkId() })
  const { linkId, ...without } = record
  cache.set({ record, ...rest })
  const changed = { record: { ...without, revision: 2 }, ...rest }
  cache.set(changed)
  assert.ok(linkId)
  assert.equal(cache.get('link', linkId), undefined)
  assert.equal(cache.of(record), undefined)
  assert.equal(cache.of(changed.record), changed)
})

test('an id that another record has by now is kept for that one', () => {
  const cache = new QueueCache(2)
  const linkId = newLinkId()
  const [former, present] = [newCached({ linkId }), newCached({ linkId })]
  cache.set(former)
  cache.set(present)
  cache.drop(former.record.recipientId)
  assert.equal(cache.get('link', linkId), present)
})

test('no more are kept than the limit, those cached first go first', () => {
  const cache = new QueueCache(10)
  const queues = fill(cache, 35)
  assert.deepEqual(
    queues.filter((queue) => has(cache, queue)),
    queues.slice(-10),
  )
})

test('what is asked for stays, however many others come and go', () => {
  const cache = new QueueCache(10)
  const [inUse] = fill(cache, 1)
  assert.ok(inUse)
  for (let i = 0; i < 50; i++) {
    assert.ok(has(cache, inUse), `gone after ${i} storms`)
    fill(cache, 8)
  }
})

test('where all are asked for, one of them goes', () => {
  const cache = new QueueCache(10)
  const queues = fill(cache, 10)
  assert.ok(queues.every((queue) => has(cache, queue)))
  const [further] = fill(cache, 1)
  assert.ok(further && has(cache, further))
  assert.equal(queues.filter((queue) => has(cache, queue)).length, 9)
})
