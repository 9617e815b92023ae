/** What idle connections and subscriptions keep of the relay's memory. */
import type { SmpConnection } from '../src/client/connection.ts'
import { createQueues } from '../src/load/queues.ts'
import { closeAll } from '../src/load/target.ts'
import { connectEach, connectWith } from './connections.ts'
import type { MemoryUsage } from './processes/own-usage.ts'
import { RelayUnderTest } from './relay-under-test.ts'
import { subscribeAfresh } from './subscribers.ts'

export interface MemoryOptions {
  readonly connections: number
  readonly subscriptions: number
}

/** Bytes for each, after garbage collection. */
export interface Growth {
  readonly what: string
  readonly count: number
  readonly rss: number
  readonly heap: number
  /** Outside the heap, as far as V8 knows of it. */
  readonly external: number
  /** The part of `external` in buffers that JavaScript holds. */
  readonly arrayBuffers: number
}

export interface MemoryFigures {
  /** Bytes of a relay without connections. */
  readonly start: MemoryUsage
  readonly growth: readonly Growth[]
}

const AT_ONCE = 16

const growthOf = (what: string, count: number, from: MemoryUsage, to: MemoryUsage): Growth => ({
  what,
  count,
  rss: (to.rss - from.rss) / count,
  heap: (to.heapUsed - from.heapUsed) / count,
  external: (to.external - from.external) / count,
  arrayBuffers: (to.arrayBuffers - from.arrayBuffers) / count,
})

const open = async (
  relay: RelayUnderTest,
  count: number,
  commands: number,
): Promise<SmpConnection[]> => {
  const connections: SmpConnection[] = []
  await connectEach(count, AT_ONCE, async () => {
    const connection = await connectWith(relay.address, 'X25519')
    for (let i = 0; i < commands; i++) await connection.request({ tag: 'PING' })
    connections.push(connection)
  })
  return connections
}

const idleConnections = async (
  count: number,
  { commands, what }: { readonly commands: number; readonly what: string },
): Promise<{ readonly start: MemoryUsage; readonly growth: Growth }> => {
  await using relay = await RelayUnderTest.start()
  const start = await relay.memory()
  // the first ones take what every relay has once, and stay: what they left would be used again
  const first = await open(relay, Math.ceil(count / 4), commands)
  const before = await relay.memory()
  const others = await open(relay, count, commands)
  const after = await relay.memory()
  await closeAll([...first, ...others])
  return { start, growth: growthOf(what, count, before, after) }
}

const USED_COMMANDS = 10

const idleQueues = async (count: number): Promise<readonly Growth[]> => {
  await using relay = await RelayUnderTest.start()
  const [creator] = await relay.connectMany(1)
  if (creator === undefined) throw new Error('no connection')
  await createQueues(creator, Math.ceil(count / 4), { subscribe: false })
  const before = await relay.memory()
  const queues = await createQueues(creator, count, { subscribe: false })
  creator.close()
  const created = await relay.memory()
  const { connections } = await subscribeAfresh([relay], queues)
  const subscribed = await relay.memory()
  await closeAll(connections)
  return [
    growthOf('queue, empty, in the in-memory store', count, before, created),
    growthOf('subscription without messages', count, created, subscribed),
  ]
}

export const measureMemory = async (options: MemoryOptions): Promise<MemoryFigures> => {
  const { start, growth } = await idleConnections(options.connections, {
    commands: 0,
    what: 'TLS connection after its handshake',
  })
  const used = await idleConnections(options.connections, {
    commands: USED_COMMANDS,
    what: `TLS connection after ${USED_COMMANDS} commands`,
  })
  const queues = await idleQueues(options.subscriptions)
  return { start, growth: [growth, used.growth, ...queues] }
}
