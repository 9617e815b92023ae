/** The shape of a random call, and what most calls are made with. */
import fc from 'fast-check'
import type { ReferenceModel } from './reference.ts'
import type { World } from './world.ts'

export type StoreCommand = fc.AsyncCommand<ReferenceModel, World>

export interface Step<A> {
  readonly name: string
  readonly args: fc.Arbitrary<A>
  readonly needsQueue?: boolean
  run(world: World, args: A): Promise<void>
}

export const commandOf = <A>({ name, args, needsQueue = true, run }: Step<A>) =>
  args.map(
    (values): StoreCommand => ({
      check: ({ queues }) => !needsQueue || queues.length > 0,
      run: (_, world) => run(world, values),
      toString: () => `${name}(${JSON.stringify(values)})`,
    }),
  )

export const actor = fc.nat(2)
/** Which of the queues there are: the place wraps around. */
export const queue = fc.nat(7)
/** How many changes ago its record was loaded: most often none. */
export const age = fc.oneof(
  { weight: 5, arbitrary: fc.constant(0) },
  { weight: 1, arbitrary: fc.nat(3) },
)
export const target = { queue, age }
export const batch = fc.array(fc.record(target), { minLength: 1, maxLength: 4 })

export type Target = { readonly queue: number; readonly age: number }

export const seenOf = (world: World, { queue: index, age: changes }: Target) =>
  world.seen(world.queue(index), changes)
