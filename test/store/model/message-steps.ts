/** Random calls about messages. */
import fc from 'fast-check'
import { newMessageId, newNumber, newRecipientId } from '../builders.ts'
import { same } from '../same.ts'
import {
  actor,
  commandOf,
  type Step,
  type StoreCommand,
  seenOf,
  type Target,
  target,
} from './command.ts'

const fetchHeads: Step<{ actor: number }> = {
  name: 'fetchHeads',
  args: fc.record({ actor }),
  async run(world, args) {
    const { index, connection, pod } = world.actor(args.actor)
    const { queues } = world.model
    const ids = [...queues.map(({ fields }) => fields.recipientId), newRecipientId()]
    const heads = queues.map((one) => world.model.fetchHead(one, index))
    same(await pod.heads(ids, { connection }), [...heads, 'gone'])
  },
}

const peek: Step<Target> = {
  name: 'peekMessage',
  args: fc.record(target),
  async run(world, args) {
    const seen = seenOf(world, args)
    same(await world.store.peekMessage(seen.record), world.model.peek(seen))
  },
}

const describe: Step<Target> = {
  name: 'describeQueue',
  args: fc.record(target),
  async run(world, args) {
    const seen = seenOf(world, args)
    same(await world.store.describeQueue(seen.record), world.model.describe(seen))
  },
}

const acknowledge: Step<
  Target & { actor: number; as: 'reader' | 'owner' | 'other claim' | 'other'; place: number }
> = {
  name: 'acknowledge',
  args: fc.record({
    ...target,
    actor,
    as: fc.constantFrom('reader', 'owner', 'owner', 'other claim', 'other'),
    place: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(3) }),
  }),
  async run(world, args) {
    const seen = seenOf(world, args)
    const { owner, items } = seen.queue
    const isOther = args.as === 'other' || owner === undefined
    const by = world.actor(isOther ? args.actor : owner.connection)
    const claim = world.claim(by, args.as === 'other claim' ? newNumber() : owner?.claim)
    const [subscriber, ofModel] = args.as === 'reader' ? [] : [claim.ofStore, claim.ofModel]
    const messageId = items[args.place]?.messageId ?? newMessageId()
    const result = await by.pod.store.acknowledge(seen.record, {
      messageId,
      ...(subscriber && { subscriber }),
    })
    same(result, world.model.acknowledge(seen, messageId, ofModel))
  },
}

const append: Step<Target & { actor: number; isNotified: boolean }> = {
  name: 'appendMessage',
  args: fc.record({ ...target, actor, isNotified: fc.constantFrom(true, true, true, false) }),
  async run(world, args) {
    const seen = seenOf(world, args)
    const { pod } = world.actor(args.actor)
    const notification = args.isNotified && pod.notification()
    const item = { message: pod.message(), ...(notification && { notification }) }
    const result = await pod.store.appendMessage(seen.record, item)
    same(result, world.model.append(seen, item))
  },
}

const appendCommand = commandOf(append)
const acknowledgeCommand = commandOf(acknowledge)

/** The most frequent ones count several times. */
export const messageCommands: readonly fc.Arbitrary<StoreCommand>[] = [
  commandOf(fetchHeads),
  commandOf(peek),
  commandOf(describe),
  ...[appendCommand, appendCommand, appendCommand, appendCommand, appendCommand],
  ...[acknowledgeCommand, acknowledgeCommand, acknowledgeCommand],
]
