/** Calls that are under way together, from one pod or from two: each is done whole. */
import assert from 'node:assert/strict'
import type { EntityId, RecipientId } from '../../../src/protocol/ids.ts'
import type { NewQueue, QueueParty, StoredMessage, Subscriber } from '../../../src/store/store.ts'
import {
  contentOf,
  type Link,
  newKey,
  newLink,
  newNotifier,
  newNumber,
  newQueue,
  newSubscriber,
} from '../builders.ts'
import { type Check, limits, type Pod } from '../cluster.ts'
import { isSame, same } from '../same.ts'

const done = { outcome: 'done' }

const outcomes = async (calls: readonly Promise<{ readonly outcome: string }>[]) =>
  (await Promise.all(calls)).map(({ outcome }) => outcome)

const sorted = async (calls: readonly Promise<{ readonly outcome: string }>[]) =>
  (await outcomes(calls)).sort()

/** Both calls on an unchanged queue: one is done, the other is too late. */
const oneIsStale = async (calls: readonly Promise<{ readonly outcome: string }>[]) =>
  assert.deepEqual(await sorted(calls), ['done', 'stale'])

interface Side {
  readonly pod: Pod
  readonly subscriber: Subscriber
}

const subscribeRace = async (here: Pod, there: Pod): Promise<void> => {
  const queue = await here.create()
  const sides: readonly [Side, Side] = [
    { pod: here, subscriber: newSubscriber() },
    { pod: there, subscriber: newSubscriber() },
  ]
  const results = sides.map(({ pod, subscriber }) => pod.store.subscribe([queue], subscriber))
  assert.deepEqual(await Promise.all(results), [[done], [done]])

  const message = await here.append(queue)
  const heads = await Promise.all(
    sides.map(({ pod, subscriber }) => pod.heads([queue.recipientId], subscriber)),
  )
  const [first, second] = sides
  const isFirst = isSame(heads[0], [message])
  const [owner, other] = isFirst ? [first, second] : [second, first]
  same(heads, isFirst ? [[message], ['lost']] : [['lost'], [message]])

  const [event, ...more] = await owner.pod.rest(queue, owner.subscriber)
  assert.equal(event?.type, 'available')
  assert.equal(event?.claim, owner.subscriber.claim)
  assert.deepEqual(more, [])
  const ended = { type: 'ended', entityId: queue.recipientId, claim: other.subscriber.claim }
  assert.deepEqual(await other.pod.rest(queue, other.subscriber), [ended])
}

const listenRace = async (here: Pod, there: Pod): Promise<void> => {
  const notifier = newNotifier()
  const queue = await here.create({ notifier })
  const [first, second] = [newSubscriber(), newSubscriber()]
  await Promise.all([
    here.store.subscribeNotifiers([queue], first),
    there.store.subscribeNotifiers([queue], second),
  ])
  const notification = here.notification()
  await here.append(queue, notification)
  const taken = await Promise.all([
    here.take(notifier.notifierId, first),
    there.take(notifier.notifierId, second),
  ])
  same(taken.flat(), [notification])
  const isFirst = taken[0]?.length === 1
  const [events, others] = [await here.rest(queue, first), await there.rest(queue, second)]
  const ofWinner = (isFirst ? events : others).map(({ type }) => type)
  const ofLoser = (isFirst ? others : events).map(({ type }) => type)
  assert.deepEqual([ofWinner, ofLoser], [['notified'], ['ended']])
}

const appendRace = async (here: Pod, there: Pod): Promise<void> => {
  const subscriber = newSubscriber()
  const queue = await here.create({}, subscriber)
  const messages = [here.message(), here.message(), there.message(), there.message()]
  const calls = messages.map((message, index) =>
    (index < 2 ? here : there).store.appendMessage(queue, { message }),
  )
  assert.deepEqual(await Promise.all(calls), [done, done, done, done])
  const stored = await there.drain(queue)
  const byId = (list: readonly StoredMessage[]) =>
    list.toSorted((a, b) => (a.messageId < b.messageId ? -1 : 1))
  same(byId(stored), byId(messages))
  // one of them reached the empty queue, and only that one is told
  const [event, ...more] = await here.rest(queue, subscriber)
  assert.ok(event?.type === 'available')
  if (event.message !== undefined) same(event.message, stored[0] ?? event.message)
  assert.deepEqual(more, [])
}

const quotaRace = async (here: Pod, there: Pod): Promise<void> => {
  const queue = await here.create()
  for (let count = 2; count < limits.queueQuota; count++) await here.append(queue)
  const calls = [here, there, here, there].map((pod) =>
    pod.store.appendMessage(queue, { message: pod.message() }),
  )
  assert.deepEqual(await sorted(calls), ['done', 'done', 'full', 'full'])
  const kinds = (await here.drain(queue)).map(({ kind }) => kind)
  const expected = [...Array.from({ length: limits.queueQuota }, () => 'message'), 'quota']
  assert.deepEqual(kinds, expected)
}

const acknowledgeRace = async (here: Pod, there: Pod): Promise<void> => {
  const queue = await here.create()
  const { messageId } = await here.append(queue)
  const head = await here.append(queue)
  const calls = [here, there].map(({ store }) => store.acknowledge(queue, { messageId }))
  same(await Promise.all(calls), [
    { outcome: 'done', head },
    { outcome: 'done', head },
  ])
  same(await here.drain(queue), [head])
}

/** The subscriber acknowledges while its queue is taken over. */
const takeOverRace = async (here: Pod, there: Pod): Promise<void> => {
  const [subscriber, next] = [newSubscriber(), newSubscriber()]
  const queue = await here.create({}, subscriber)
  const first = await here.append(queue)
  const second = await here.append(queue)
  const { messageId } = first
  const [acknowledged, [subscribed]] = await Promise.all([
    here.store.acknowledge(queue, { messageId, subscriber }),
    there.store.subscribe([queue], next),
  ])
  const isLost = acknowledged.outcome === 'lost'
  same(acknowledged, isLost ? { outcome: 'lost' } : { outcome: 'done', head: second })
  same(subscribed, { outcome: 'done', head: isLost ? first : second })
  same(await there.drain(queue), isLost ? [first, second] : [second])
}

const takeRace = async (here: Pod): Promise<void> => {
  const [notifier, listener] = [newNotifier(), newSubscriber()]
  const queue = await here.create({ notifier })
  await here.store.subscribeNotifiers([queue], listener)
  const notifications = [here.notification(), here.notification(), here.notification()]
  for (const notification of notifications) await here.append(queue, notification)
  const { notifierId } = notifier
  const takes = [here.take(notifierId, listener, 2), here.take(notifierId, listener, 2)]
  const taken = (await Promise.all(takes)).toSorted((a, b) => b.length - a.length)
  same(taken, [notifications.slice(0, 2), notifications.slice(2)])
}

type PartyId = readonly [QueueParty, EntityId]

const idsOf = ({ recipientId, senderId, link, notifier }: NewQueue): readonly PartyId[] => [
  ['recipient', recipientId],
  ['sender', senderId],
  ...(link ? [['link', link.linkId] as const] : []),
  ...(notifier ? [['notifier', notifier.notifierId] as const] : []),
]

const found = async (pod: Pod, party: QueueParty, id: EntityId) => (await pod.find(party, [id]))[0]

const createRace = async (here: Pod, there: Pod): Promise<void> => {
  const full = () => newQueue({ link: newLink(), notifier: newNotifier() })
  const { recipientId, senderId, link, notifier } = full()
  const clashes = [{ recipientId }, { senderId }, link && { link }, notifier && { notifier }]
  for (const clash of clashes) {
    const queues = [
      { ...full(), ...clash },
      { ...full(), ...clash },
    ] as const
    const calls = [here.store.createQueue(queues[0]), there.store.createQueue(queues[1])]
    const answers = await outcomes(calls)
    assert.deepEqual(answers.toSorted(), ['done', 'taken'])
    const winner = queues[answers.indexOf('done')]
    const loser = queues[answers.indexOf('taken')]
    assert.ok(winner && loser)
    for (const pod of [here, there])
      for (const [party, id] of idsOf(winner))
        assert.deepEqual((await found(pod, party, id))?.recipientKeys, winner.recipientKeys)
    const isOwn = ([party, id]: PartyId) => !idsOf(winner).some((one) => isSame(one, [party, id]))
    for (const [party, id] of idsOf(loser).filter(isOwn))
      assert.equal(await found(here, party, id), undefined)
  }
}

const linkRace = async (here: Pod, there: Pod): Promise<void> => {
  const link = newLink()
  const queues = [await here.create(), await here.create()] as const
  const calls = [here.store.setLinkData(queues[0], link), there.store.setLinkData(queues[1], link)]
  const answers = await outcomes(calls)
  assert.deepEqual(answers.toSorted(), ['done', 'taken'])
  const winner = queues[answers.indexOf('done')]
  const loser = queues[answers.indexOf('taken')]
  assert.ok(winner && loser)
  const [holder] = await here.find('link', [link.linkId])
  assert.equal(holder?.recipientId, winner.recipientId)
  same(await here.load(loser), loser)
}

/** The refused call gives back what it took, but nothing that the other one has. */
const sameLinkRace = async (here: Pod, there: Pod): Promise<void> => {
  const queue = await here.create()
  const link = newLink()
  await oneIsStale([here.store.setLinkData(queue, link), there.store.setLinkData(queue, link)])
  const record = await here.load(queue)
  assert.equal(record.linkId, link.linkId)
  same(await found(there, 'link', link.linkId), record)
  same(await there.store.openLink(record), { outcome: 'done', content: contentOf(link) })
}

interface Taker {
  readonly recipientId: RecipientId
  take(): Promise<{ readonly outcome: string }>
}

const takers: readonly ((pod: Pod, link: Link) => Promise<Taker>)[] = [
  async (pod, link) => {
    const queue = newQueue({ link })
    return { recipientId: queue.recipientId, take: () => pod.store.createQueue(queue) }
  },
  async (pod, link) => {
    const queue = await pod.create()
    return { recipientId: queue.recipientId, take: () => pod.store.setLinkData(queue, link) }
  },
]

const freedLinkRace = async (here: Pod, there: Pod): Promise<void> => {
  for (const free of ['deleteLinkData', 'deleteQueue'] as const)
    for (const takerOf of takers) {
      const link = newLink()
      const queue = await here.create({ link })
      const { recipientId, take } = await takerOf(there, link)
      const answers = await outcomes([here.store[free](queue, newNumber()), take()])
      const isEarly = isSame(answers, ['done', 'taken'])
      if (isEarly) assert.deepEqual(await take(), done)
      else assert.deepEqual(answers, ['done', 'done'])
      for (const pod of [here, there])
        assert.equal((await found(pod, 'link', link.linkId))?.recipientId, recipientId)
    }
}

const notifierRace = async (here: Pod, there: Pod): Promise<void> => {
  const queue = await here.create()
  const notifiers = [newNotifier(), newNotifier()] as const
  await oneIsStale([
    here.store.setNotifier(queue, notifiers[0], newNumber()),
    there.store.setNotifier(queue, notifiers[1], newNumber()),
  ])
  const record = await here.load(queue)
  for (const notifier of notifiers) {
    const isIts = record.notifier?.notifierId === notifier.notifierId
    const found = await here.find('notifier', [notifier.notifierId])
    same(found, [isIts ? record : undefined])
  }
}

const keyRaces = async (here: Pod, there: Pod): Promise<void> => {
  const queue = await here.create({ link: newLink() })
  const keys = [newKey(), newKey()] as const
  const calls = [here.store.openLink(queue, keys[0]), there.store.openLink(queue, keys[1])]
  const answers = await outcomes(calls)
  assert.deepEqual(answers.toSorted(), ['done', 'stale'])
  same((await here.load(queue)).senderKey, keys[answers.indexOf('done')])

  const other = await here.create()
  await oneIsStale([
    here.store.secureQueue(other, newKey()),
    there.store.replaceRecipientKeys(other, [newKey()]),
  ])
}

/** A message is stored before the queue goes, or not at all; the queue goes in any case. */
const deleteRace = async (here: Pod, there: Pod): Promise<void> => {
  const subscriber = newSubscriber()
  const queue = await here.create({}, subscriber)
  const [appended, ...deletions] = await outcomes([
    here.store.appendMessage(queue, { message: here.message() }),
    here.store.deleteQueue(queue, newNumber()),
    there.store.deleteQueue(queue, newNumber()),
  ])
  assert.deepEqual(deletions.toSorted(), ['done', 'stale'])
  const { connection } = subscriber
  await here.events.hold(connection, (events) => events.some(({ type }) => type === 'deleted'))
  assert.deepEqual(await here.find('recipient', [queue.recipientId]), [undefined])
  const events = await here.rest(await here.create(), subscriber)
  const types = events.map(({ type }) => type).toSorted()
  assert.deepEqual(types, appended === 'done' ? ['available', 'deleted'] : ['deleted'])
}

/** More than once, for the order of the calls is left to chance. */
const ROUNDS = 5

type Race = (here: Pod, there: Pod) => Promise<void>

const run = async (race: Race, here: Pod, there: Pod): Promise<void> => {
  for (let round = 0; round < ROUNDS; round++)
    await (round % 2 === 0 ? race(here, there) : race(there, here))
}

const races: Readonly<Record<string, Race>> = {
  'two subscribers: one has the queue and the other is told': subscribeRace,
  'two listeners: one has the notifier and the other is told': listenRace,
  'appended messages are all stored, and one is told': appendRace,
  'the quota holds, and has one marker': quotaRace,
  'one message acknowledged twice is removed once': acknowledgeRace,
  'an acknowledgement and a take-over: the message is removed or delivered again': takeOverRace,
  'notifications are taken once': takeRace,
  'of two new queues with one id, one is made': createRace,
  'of two queues that set one link id, one has it': linkRace,
  'of two calls that set one link of one queue, one does': sameLinkRace,
  "a link id that is freed and taken at once is its new holder's": freedLinkRace,
  'of two notifiers set at once, one is': notifierRace,
  'of two changes of one record, one is made': keyRaces,
  'a queue is deleted once, whatever is sent to it': deleteRace,
}

export const raceCases = (check: Check): void => {
  for (const [name, race] of Object.entries(races)) check(name, (pod) => run(race, pod, pod))
}

export const podRaceCases = (check: Check): void => {
  for (const [name, race] of Object.entries(races))
    if (race !== takeRace)
      check(`${name} (two pods)`, (here: Pod, there: Pod) => run(race, here, there), { pods: 2 })
}
