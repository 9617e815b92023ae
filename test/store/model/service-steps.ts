/** Random calls about services. */
import fc from 'fast-check'
import { same } from '../same.ts'
import {
  actor,
  batch,
  commandOf,
  type Step,
  type StoreCommand,
  seenOf,
  type Target,
} from './command.ts'

const service = fc.nat(1)

const subscribe: Step<{ actor: number }> = {
  name: 'subscribeService',
  args: fc.record({ actor }),
  needsQueue: false,
  async run(world, args) {
    const by = world.actor(args.actor)
    const known = await world.ownService(by)
    const claim = world.claim(by)
    const subscribed = await by.pod.store.subscribeService(known, claim.ofStore)
    same(subscribed, { count: world.model.subscribeService(known, claim.ofModel) })
  },
}

const associate: Step<{ actor: number; service: number; batch: readonly Target[] }> = {
  name: 'associateNotifiers',
  args: fc.record({ actor, service, batch }),
  async run(world, args) {
    const by = world.actor(args.actor)
    const known = await world.service(args.service, by)
    const all = new Map(args.batch.map((one) => [world.queue(one.queue), seenOf(world, one)]))
    const seen = [...all.values()]
    const results = await by.pod.store.associateNotifiers(
      seen.map(({ record }) => record),
      known,
    )
    same(
      results,
      seen.map((one) => world.model.associate(one, known)),
    )
    for (const queue of all.keys()) await world.refresh(queue)
  },
}

const take: Step<{ actor: number; limit: number }> = {
  name: 'takeServiceNotifications',
  args: fc.record({ actor, limit: fc.constantFrom(1, 3, 100) }),
  needsQueue: false,
  async run(world, args) {
    const by = world.actor(args.actor)
    await world.takeOfService(await world.ownService(by), by, args.limit)
  },
}

const associateCommand = commandOf(associate)

export const serviceCommands: readonly fc.Arbitrary<StoreCommand>[] = [
  commandOf(subscribe),
  ...[associateCommand, associateCommand],
  commandOf(take),
]
