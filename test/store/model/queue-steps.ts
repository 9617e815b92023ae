/** Random calls that make, find and take over queues and notifiers. */
import fc from 'fast-check'
import type { QueueParty } from '../../../src/store/store.ts'
import {
  newLink,
  newLinkId,
  newNotifier,
  newNotifierId,
  newQueue,
  newRecipientId,
  newSenderId,
} from '../builders.ts'
import { same } from '../same.ts'
import {
  actor,
  batch,
  commandOf,
  queue,
  type Step,
  type StoreCommand,
  seenOf,
  type Target,
} from './command.ts'
import type { ModelQueue } from './model-queue.ts'

const create: Step<{
  actor: number | null
  mode: 'messaging' | 'contact'
  link: boolean
  notifier: boolean
  clash: QueueParty | null
  other: number
}> = {
  name: 'createQueue',
  needsQueue: false,
  args: fc.record({
    actor: fc.option(actor),
    mode: fc.constantFrom('messaging', 'contact'),
    link: fc.boolean(),
    notifier: fc.boolean(),
    clash: fc.option(fc.constantFrom<QueueParty>('recipient', 'sender', 'link', 'notifier')),
    other: queue,
  }),
  async run(world, args) {
    const made = newQueue({
      mode: args.mode,
      ...(args.link && { link: newLink() }),
      ...(args.notifier && { notifier: newNotifier() }),
      ...(args.clash && clashWith(world.model.queues[args.other], args.clash)),
    })
    const by = args.actor === null ? undefined : world.actor(args.actor)
    const claim = by && world.claim(by)
    const store = by?.pod.store ?? world.store
    const result = await store.createQueue(made, claim?.ofStore)
    same(result, world.model.create(made, claim?.ofModel))
    for (const one of world.model.queues) await world.refresh(one)
  },
}

/** With the ids of a queue that is, or that was. A recipient id is never used again. */
const clashWith = (other: ModelQueue | undefined, party: QueueParty) => {
  if (other === undefined) return {}
  const { recipientId, senderId, linkId, notifier } = other.fields
  if (party === 'recipient') return other.isDeleted ? {} : { recipientId }
  if (party === 'sender') return { senderId }
  if (party === 'link') return linkId === undefined ? {} : { link: newLink({ linkId }) }
  if (notifier === undefined) return {}
  const { service: _, ...own } = notifier
  return { notifier: own }
}

const load: Step<{ actor: number; party: QueueParty }> = {
  name: 'loadQueues',
  args: fc.record({
    actor,
    party: fc.constantFrom<QueueParty>('recipient', 'sender', 'link', 'notifier'),
  }),
  async run(world, args) {
    const { live } = world.model
    const idOf = ({ fields }: ModelQueue): string => {
      if (args.party === 'recipient') return fields.recipientId
      if (args.party === 'sender') return fields.senderId
      if (args.party === 'link') return fields.linkId ?? newLinkId()
      return fields.notifier?.notifierId ?? newNotifierId()
    }
    const ids = [newSenderId(), ...live.map(idOf), newRecipientId()]
    const records = await world.actor(args.actor).pod.find(args.party, ids)
    const found = live.map((one) => {
      const isNone =
        (args.party === 'link' && !one.fields.linkId) ||
        (args.party === 'notifier' && !one.fields.notifier)
      return isNone ? undefined : one.fields.recipientId
    })
    same(
      records.map((record) => record?.recipientId),
      [undefined, ...found, undefined],
    )
  },
}

const subscribe: Step<{ actor: number; batch: Target[] }> = {
  name: 'subscribe',
  args: fc.record({ actor, batch }),
  async run(world, args) {
    const by = world.actor(args.actor)
    const claim = world.claim(by)
    const seen = args.batch.map((one) => seenOf(world, one))
    const records = seen.map(({ record }) => record)
    const results = await by.pod.store.subscribe(records, claim.ofStore)
    same(
      results,
      seen.map((one) => world.model.subscribe(one, claim.ofModel)),
    )
  },
}

const listen: Step<{ actor: number; batch: Target[] }> = {
  name: 'subscribeNotifiers',
  args: fc.record({ actor, batch }),
  async run(world, args) {
    const by = world.actor(args.actor)
    const claim = world.claim(by)
    const seen = args.batch.map((one) => seenOf(world, one))
    const records = seen.map(({ record }) => record)
    const results = await by.pod.store.subscribeNotifiers(records, claim.ofStore)
    same(
      results,
      seen.map((one) => world.model.listen(one, claim.ofModel)),
    )
    for (const { queue: listened } of seen) await world.refresh(listened)
  },
}

const take: Step<{ actor: number; queue: number; limit: number }> = {
  name: 'takeNotifications',
  args: fc.record({ actor, queue, limit: fc.constantFrom(1, 1, 2, 3) }),
  async run(world, args) {
    const { index, connection, pod } = world.actor(args.actor)
    const from = world.queue(args.queue)
    const id = from.fields.notifier?.notifierId ?? newNotifierId()
    const { limit } = args
    const expected = world.model.take(id, index, limit)
    same(await pod.store.takeNotifications([id], { connection, limit }), [expected])
  },
}

/** A connection that closes names what it holds, and perhaps what it held before. */
const release: Step<{ actor: number }> = {
  name: 'release',
  args: fc.record({ actor }),
  async run(world, args) {
    const actor = world.actor(args.actor)
    const { index, connection, pod } = actor
    const fields = world.model.queues.map((one) => one.fields)
    const service = await world.ownService(actor)
    await pod.store.release(connection, {
      recipients: fields.map(({ recipientId }) => recipientId),
      notifiers: fields.flatMap(({ notifier }) => notifier?.notifierId ?? []),
      service,
    })
    world.model.release(index)
    world.reconnect(actor)
  },
}

const advance: Step<{ seconds: number }> = {
  name: 'advance',
  args: fc.record({ seconds: fc.constantFrom(1, 50, 100, 300, 950, 1000) }),
  needsQueue: false,
  run: async (world, { seconds }) => world.advance(seconds),
}

const createCommand = commandOf(create)
const listenCommand = commandOf(listen)
const takeCommand = commandOf(take)
const subscribeCommand = commandOf(subscribe)

/** The most frequent ones count several times. */
export const queueCommands: readonly fc.Arbitrary<StoreCommand>[] = [
  createCommand,
  createCommand,
  commandOf(load),
  subscribeCommand,
  subscribeCommand,
  listenCommand,
  listenCommand,
  takeCommand,
  takeCommand,
  commandOf(release),
  commandOf(advance),
]
