/** Modes `storm` and `reconnect`: connections that come to their queues, all at once or again and again. */
import type { SmpConnection } from '../client/connection.ts'
import { createQueues, type MadeQueue } from './queues.ts'
import { type Course, pause, type Stage } from './stage.ts'
import { subscribeAll } from './subscribing.ts'
import { Tally } from './tally.ts'
import { closeAll, connectMany } from './target.ts'

/** Queues that nobody subscribes to yet. */
const makeQueues = async ({
  plan,
  target,
  signal,
  onMade,
}: Stage): Promise<readonly MadeQueue[]> => {
  await using connection = await target.connect()
  const { password } = plan.server
  const options = { subscribe: false, password, signal, onMade }
  return await createQueues(connection, plan.queues, options)
}

const shareOf = <T>(items: readonly T[], parts: number, index: number): readonly T[] => {
  const each = Math.ceil(items.length / parts)
  return items.slice(index * each, (index + 1) * each)
}

/** Every round fresh connections subscribe to all queues, each to its share. */
export const stormCourse = async (stage: Stage): Promise<Course> => {
  const queues = await makeQueues(stage)
  const { plan, target, signal } = stage
  const round = async (tally: Tally | undefined): Promise<void> => {
    const connections = await connectMany(plan.connections, () => target.connect())
    try {
      const subscribed = connections.map((connection, i) =>
        subscribeAll(connection, shareOf(queues, connections.length, i), (count, ms) =>
          tally?.record(ms, count),
        ),
      )
      await Promise.all(subscribed)
    } finally {
      await closeAll(connections)
    }
  }
  return {
    tallies: [new Tally('subscriptions')],
    warmsUp: true,
    async run(milliseconds, [tally]) {
      const end = performance.now() + milliseconds
      while (performance.now() < end && !signal.aborted) {
        try {
          await round(tally)
        } catch (error) {
          if (!signal.aborted) tally?.fail(error)
          await pause(1000, signal)
        }
      }
    },
    close: async () => {},
  }
}

/** Each client leaves, connects anew and subscribes to its queues, over and over. */
export const reconnectCourse = async (stage: Stage): Promise<Course> => {
  const queues = await makeQueues(stage)
  const { plan, target, signal } = stage
  const clients: (SmpConnection | undefined)[] = [
    ...(await connectMany(plan.connections, () => target.connect())),
  ]
  const again = async (index: number): Promise<void> => {
    const before = clients[index]
    before?.close()
    await before?.closed
    clients[index] = await target.connect()
    const connection = clients[index]
    if (connection) await subscribeAll(connection, shareOf(queues, clients.length, index))
  }
  return {
    tallies: [new Tally('reconnections')],
    warmsUp: true,
    async run(milliseconds, [tally]) {
      const start = performance.now()
      const everyMs = plan.rate === undefined ? 0 : (1000 * clients.length) / plan.rate
      const client = async (index: number): Promise<void> => {
        for (let turn = index / clients.length; ; turn++) {
          await pause(start + turn * everyMs - performance.now(), signal)
          const begun = performance.now()
          if (signal.aborted || begun - start >= milliseconds) return
          try {
            await again(index)
            tally?.record(performance.now() - begun)
          } catch (error) {
            if (!signal.aborted) tally?.fail(error)
            await pause(100, signal)
          }
        }
      }
      await Promise.all(clients.map((_, index) => client(index)))
    },
    close: () => closeAll(clients.filter((client) => client !== undefined)),
  }
}
