/** Random changes of queue records. */
import fc from 'fast-check'
import { type Link, newKey, newLink, newNotifier } from '../builders.ts'
import { isSame, same } from '../same.ts'
import {
  actor,
  commandOf,
  queue,
  type StoreCommand,
  seenOf,
  type Target,
  target,
} from './command.ts'
import type { ModelQueue, Seen } from './model-queue.ts'
import type { World } from './world.ts'

/** An id in use may be found out before the record is seen to be old. */
const sameOrTaken = (actual: unknown, expected: { outcome: string }, isTaken: boolean): void => {
  if (isTaken && expected.outcome === 'stale' && isSame(actual, { outcome: 'taken' })) return
  same(actual, expected)
}

/** A change of a record by one call: made, compared, and seen by the next calls. */
const change = <A extends Target & { actor: number }>(
  name: string,
  args: fc.Arbitrary<A>,
  make: (world: World, seen: ReturnType<World['seen']>, args: A) => Promise<void>,
): fc.Arbitrary<StoreCommand> =>
  commandOf({
    name,
    args,
    async run(world: World, values: A) {
      const seen = seenOf(world, values)
      await make(world, seen, values)
      await world.refresh(seen.queue)
    },
  })

const changed = fc.record({ ...target, actor })

const keyChanges = [
  change('secureQueue', changed, async (world, seen, args) => {
    const key = newKey()
    const { store } = world.actor(args.actor).pod
    same(await store.secureQueue(seen.record, key), world.model.secure(seen, key))
  }),
  change('replaceRecipientKeys', changed, async (world, seen, args) => {
    const keys = [newKey(), newKey()]
    const { store } = world.actor(args.actor).pod
    same(await store.replaceRecipientKeys(seen.record, keys), world.model.replaceKeys(seen, keys))
  }),
]

const statusChanges = [
  change('suspendQueue', changed, async (world, seen, args) => {
    const { store } = world.actor(args.actor).pod
    const expected = world.model.setStatus(seen, { state: 'suspended' })
    same(await store.suspendQueue(seen.record), expected)
  }),
  change('blockQueue', changed, async (world, seen, args) => {
    const { store } = world.actor(args.actor).pod
    const blocking = { reason: 'content', notice: { ttlSeconds: args.age } } as const
    const expected = world.model.setStatus(seen, { state: 'blocked', blocking })
    same(await store.blockQueue(seen.record, blocking), expected)
  }),
  change('unblockQueue', changed, async (world, seen, args) => {
    const { store } = world.actor(args.actor).pod
    const expected = world.model.setStatus(seen, { state: 'active' })
    same(await store.unblockQueue(seen.record), expected)
  }),
  change('deleteQueue', changed, async (world, seen, args) => {
    const { index, connection, pod } = world.actor(args.actor)
    const expected = world.model.delete(seen, index)
    same(await pod.store.deleteQueue(seen.record, connection), expected)
  }),
]

const linkFor = (
  world: World,
  seen: Seen,
  args: { id: string; isSame: boolean; other: number },
) => {
  const { fields, content } = seen.queue
  const others = world.model.queues[args.other]?.fields.linkId
  const own = fields.linkId
  // an own link and the id of another queue are two reasons to refuse
  const id = args.id === 'other' && own === undefined ? others : args.id === 'own' ? own : undefined
  const fixed = args.isSame ? content?.fixed : undefined
  return newLink({ ...(id !== undefined && { linkId: id }), ...(fixed && { fixed }) })
}

const isLinkTaken = ({ model }: World, { linkId }: Link, own: ModelQueue): boolean => {
  const holder = model.byLink(linkId)
  return holder !== undefined && holder !== own
}

const linkChanges = [
  change(
    'setLinkData',
    fc.record({
      ...target,
      actor,
      id: fc.constantFrom('own', 'new', 'other'),
      isSame: fc.boolean(),
      other: queue,
    }),
    async (world, seen, args) => {
      const { store } = world.actor(args.actor).pod
      const link = linkFor(world, seen, args)
      const isTaken = isLinkTaken(world, link, seen.queue)
      const expected = world.model.setLink(seen, link)
      sameOrTaken(await store.setLinkData(seen.record, link), expected, isTaken)
    },
  ),
  change('deleteLinkData', changed, async (world, seen, args) => {
    const { store } = world.actor(args.actor).pod
    same(await store.deleteLinkData(seen.record), world.model.deleteLink(seen))
  }),
  change(
    'openLink',
    fc.record({ ...target, actor, withKey: fc.boolean() }),
    async (world, seen, args) => {
      const { store } = world.actor(args.actor).pod
      // nobody opens by key what has no link
      const key = args.withKey && seen.queue.content ? newKey() : undefined
      same(await store.openLink(seen.record, key), world.model.openLink(seen, key))
    },
  ),
]

const notifierChanges = [
  change(
    'setNotifier',
    fc.record({ ...target, actor, other: fc.option(queue) }),
    async (world, seen, args) => {
      const { index, connection, pod } = world.actor(args.actor)
      const other = args.other === null ? undefined : world.model.queues[args.other]
      const theirs = other?.fields.notifier
      // its own id again is no conflict
      const isOwn = theirs?.notifierId === seen.queue.fields.notifier?.notifierId
      const { service: _, ...notifier } = { ...newNotifier(), ...(!isOwn && theirs) }
      const isTaken = world.model.byNotifier(notifier.notifierId) !== undefined
      const expected = world.model.setNotifier(seen, notifier, index)
      const result = await pod.store.setNotifier(seen.record, notifier, connection)
      sameOrTaken(result, expected, isTaken)
    },
  ),
  change('removeNotifier', changed, async (world, seen, args) => {
    const { index, connection, pod } = world.actor(args.actor)
    const expected = world.model.removeNotifier(seen, index)
    same(await pod.store.removeNotifier(seen.record, connection), expected)
  }),
]

export const changeCommands: readonly fc.Arbitrary<StoreCommand>[] = [
  ...keyChanges,
  ...statusChanges,
  ...linkChanges,
  ...notifierChanges,
]
