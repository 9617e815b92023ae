/** Random sequences of all calls by several connections: the store does what the model does. */
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { limits, type StoreFactory, startPods } from './cluster.ts'
import { changeCommands } from './model/change-steps.ts'
import { messageCommands } from './model/message-steps.ts'
import { queueCommands } from './model/queue-steps.ts'
import { serviceCommands } from './model/service-steps.ts'
import { World } from './model/world.ts'

const RUNS = 200

const all = [...queueCommands, ...messageCommands, ...changeCommands, ...serviceCommands]

const sequences = fc.commands(all, { maxCommands: 100, size: 'max' })

interface ModelOptions {
  readonly expireOnSend: boolean
  readonly runs: number
}

const check = async (factory: StoreFactory, options: ModelOptions): Promise<void> => {
  const { expireOnSend, runs } = options
  const used = { ...limits, queueQuota: 3, notificationTtlSeconds: 300, expireOnSend }
  const pods = factory.isClustered ? 2 : 1
  const { pod, others, close } = await startPods(factory, { limits: used, pods })
  const property = fc.asyncProperty(sequences, async (commands) => {
    const world = new World([pod, ...others], used)
    await fc.asyncModelRun(() => ({ model: world.model, real: world }), commands)
    await world.compareContents()
    await world.compareEvents()
  })
  try {
    await fc.assert(property, { numRuns: runs })
  } finally {
    await close()
  }
}

/** Fewer runs are for stores that take their time. */
export const storeModel = (name: string, factory: StoreFactory, runs = RUNS): void => {
  describe(`random calls: ${name}`, () => {
    test('with expiry on send', () => check(factory, { expireOnSend: true, runs }))
    test('with expiry at intervals', () => check(factory, { expireOnSend: false, runs }))
  })
}
