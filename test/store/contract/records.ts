/** Queue records: created, found by their ids, deleted. */
import assert from 'node:assert/strict'
import { recipientIdOf, senderIdOf } from '../../../src/protocol/ids.ts'
import type { AuthKey } from '../../../src/protocol/keys.ts'
import type { NewQueue, QueueParty, QueueRecord } from '../../../src/store/store.ts'
import {
  bytes,
  newKey,
  newLink,
  newLinkId,
  newNotifier,
  newNotifierId,
  newQueue,
  newSenderId,
  newSubscriber,
} from '../builders.ts'
import type { Check, Pod } from '../cluster.ts'
import { same } from '../same.ts'

const done = { outcome: 'done' }
const taken = { outcome: 'taken' }

/** The record of a new queue, but for its revision. */
const recordOf = ({ link, ...fields }: NewQueue): Omit<QueueRecord, 'revision'> => ({
  ...fields,
  ...(link && { linkId: link.linkId }),
  status: { state: 'active' },
})

const withoutRevision = (record: QueueRecord | undefined) => {
  assert.ok(record, 'the queue exists')
  assert.equal(typeof record.revision, 'number')
  const { revision: _, ...fields } = record
  return fields
}

const idsOf = (queue: NewQueue): Readonly<Record<QueueParty, string>> => ({
  recipient: queue.recipientId,
  sender: queue.senderId,
  link: queue.link?.linkId ?? newLinkId(),
  notifier: queue.notifier?.notifierId ?? newNotifierId(),
})

const parties: readonly QueueParty[] = ['recipient', 'sender', 'link', 'notifier']

const fullQueue = (): NewQueue =>
  newQueue({ mode: 'contact', senderKey: newKey(), notifier: newNotifier(), link: newLink() })

const keys: readonly AuthKey[] = [
  { algorithm: 'Ed25519', raw: bytes(32) },
  { algorithm: 'X25519', raw: bytes(32) },
  { algorithm: 'Ed448', raw: bytes(57) },
]

const everyByte = Uint8Array.from({ length: 256 }, (_, index) => index)

const keyFrom = (start: number): AuthKey => ({
  algorithm: 'Ed25519',
  raw: everyByte.subarray(start, start + 32),
})

const withoutMode = (): NewQueue => {
  const { mode: _, ...queue } = newQueue()
  return queue
}

/** A new id all the same. */
const idWith = (byte: number): Uint8Array => bytes(24).fill(byte, 0, 12)

const kinds: Readonly<Record<string, () => NewQueue>> = {
  'no mode': withoutMode,
  'mode messaging': () => newQueue({ mode: 'messaging' }),
  'mode contact': () => newQueue({ mode: 'contact' }),
  'a sender key': () => newQueue({ senderKey: { algorithm: 'Ed448', raw: bytes(57) } }),
  'keys of every algorithm': () => newQueue({ recipientKeys: keys }),
  '255 keys': () => newQueue({ recipientKeys: Array.from({ length: 255 }, newKey) }),
  'a notifier': () =>
    newQueue({ notifier: { ...newNotifier(), authKey: { algorithm: 'X25519', raw: bytes(32) } } }),
  'a link': () => newQueue({ link: newLink() }),
  'all of these': () => fullQueue(),
  'zeros in its ids': () =>
    newQueue({ recipientId: recipientIdOf(idWith(0)), senderId: senderIdOf(idWith(0)) }),
  'ids that are not text': () =>
    newQueue({ recipientId: recipientIdOf(idWith(255)), senderId: senderIdOf(idWith(10)) }),
  'every byte in its secrets': () =>
    newQueue({
      dhSecret: everyByte.subarray(0, 32),
      recipientKeys: [32, 64, 96, 128, 160, 192].map(keyFrom),
      senderKey: keyFrom(224),
    }),
}

const collisions: readonly (readonly [QueueParty, (other: NewQueue) => Partial<NewQueue>])[] = [
  ['recipient', ({ recipientId }) => ({ recipientId })],
  ['sender', ({ senderId }) => ({ senderId })],
  ['link', ({ link }) => ({ link: newLink(link && { linkId: link.linkId }) })],
  ['notifier', ({ notifier }) => ({ notifier: { ...newNotifier(), ...notifier } })],
]

const loadAll = async (pod: Pod, queue: NewQueue) => {
  const ids = idsOf(queue)
  return Promise.all(parties.map(async (party) => (await pod.find(party, [ids[party]]))[0]))
}

export const recordCases = (check: Check): void => {
  for (const [kind, make] of Object.entries(kinds))
    check(`a queue with ${kind} is kept as it was made`, async (pod) => {
      const queue = make()
      assert.deepEqual(await pod.store.createQueue(queue), done)
      const [record] = await pod.find('recipient', [queue.recipientId])
      same(withoutRevision(record), recordOf(queue))
    })

  check('a queue is found by each of its ids', async (pod) => {
    const queue = fullQueue()
    await pod.store.createQueue(queue)
    for (const record of await loadAll(pod, queue)) same(withoutRevision(record), recordOf(queue))
  })

  check('an id finds nothing as the id of another party', async (pod) => {
    const queue = fullQueue()
    await pod.store.createQueue(queue)
    const ids = idsOf(queue)
    for (const party of parties)
      for (const other of parties)
        if (other !== party)
          assert.deepEqual(await pod.find(party, [ids[other]]), [undefined], other)
  })

  check('queues are loaded in the order of the ids, unknown ones as undefined', async (pod) => {
    const first = await pod.create()
    const second = await pod.create()
    const third = await pod.create()
    for (const party of ['recipient', 'sender'] as const) {
      const id = (queue: QueueRecord) =>
        party === 'recipient' ? queue.recipientId : queue.senderId
      const ids = [id(third), newSenderId(), id(first), id(second), id(third)]
      const loaded = await pod.find(party, ids)
      same(loaded, [third, undefined, first, second, third])
    }
    assert.deepEqual(await pod.find('recipient', []), [])
  })

  check('records that were loaded never change', async (pod) => {
    const queue = await pod.create(fullQueue())
    const copy = structuredClone(queue)
    await pod.store.replaceRecipientKeys(queue, [newKey()])
    await pod.store.deleteLinkData(await pod.load(queue))
    same(queue, copy)
  })

  for (const [party, collide] of collisions)
    check(`a ${party} id that another queue has is taken`, async (pod) => {
      const present = await pod.create(fullQueue())
      const other = fullQueue()
      const link = { ...newLink(), ...(present.linkId && { linkId: present.linkId }) }
      const refused = { ...other, ...collide({ ...present, link }) }
      assert.deepEqual(await pod.store.createQueue(refused), taken)
      same(await pod.load(present), present)
      // nothing of the refused queue stays, and its other ids are free
      const ids = idsOf(other)
      for (const one of parties) assert.deepEqual(await pod.find(one, [ids[one]]), [undefined])
      assert.deepEqual(await pod.store.createQueue(other), done)
    })

  check('a refused queue leaves the subscriber of the other alone', async (pod) => {
    const owner = newSubscriber()
    const present = await pod.create({}, owner)
    const refused = newQueue({ recipientId: present.recipientId })
    assert.deepEqual(await pod.store.createQueue(refused, newSubscriber()), taken)
    const message = await pod.append(present)
    same(await pod.heads([present.recipientId], owner), [message])
    const [event, ...others] = await pod.rest(present, owner)
    assert.equal(event?.type, 'available')
    assert.equal(event?.claim, owner.claim)
    assert.deepEqual(others, [])
  })

  check('a deleted queue is found by none of its ids', async (pod) => {
    const queue = fullQueue()
    const record = await pod.create(queue)
    assert.deepEqual(await pod.store.deleteQueue(record, newSubscriber().connection), done)
    assert.deepEqual(await loadAll(pod, queue), [undefined, undefined, undefined, undefined])
  })

  check('the ids of a deleted queue are free, and bring nothing of it back', async (pod) => {
    const { senderId, link, notifier } = fullQueue()
    const fields = { senderId, ...(link && { link }), ...(notifier && { notifier }) }
    const listener = newSubscriber()
    const deleted = await pod.create(fields)
    await pod.append(deleted, pod.notification())
    await pod.store.deleteQueue(deleted, listener.connection)

    const queue = await pod.create(fields)
    for (const party of ['sender', 'link', 'notifier'] as const) {
      const id = idsOf({ ...newQueue(), ...fields })[party]
      same(await pod.find(party, [id]), [queue])
    }
    assert.deepEqual(await pod.store.describeQueue(queue), { outcome: 'done', size: 0 })
    await pod.store.subscribeNotifiers([queue], listener)
    assert.ok(notifier)
    assert.deepEqual(await pod.take(notifier.notifierId, listener), [])
  })
}
