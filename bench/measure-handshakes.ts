/** What a connection costs from TCP accept to its first answer and its end, by TLS group. */
import { connectEach, connectWith, type Groups } from './connections.ts'
import type { Measured } from './measured.ts'
import { RelayUnderTest } from './relay-under-test.ts'
import { type Spread, spreadOf } from './statistics.ts'

export interface HandshakeOptions {
  readonly connections: number
  readonly rounds: number
}

export interface HandshakeFigures {
  readonly groups: Groups
  /** Microseconds of the relay's CPU. */
  readonly cpuPerHandshake: Spread
  readonly perSecond: Spread
}

const AT_ONCE = 8

// X448 first is what the reference's apps send
const offers: readonly Groups[] = ['X448:X25519', 'X25519:X448', 'X25519']

const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 200))

/** TLS, hellos, PING answered, closed. */
const handshakes = async (address: string, groups: Groups, count: number): Promise<number> => {
  await connectEach(count, AT_ONCE, async () => {
    const connection = await connectWith(address, groups)
    await connection.request({ tag: 'PING' })
    connection.close()
  })
  return count
}

export const measureHandshakes = async ({
  connections,
  rounds: roundCount,
}: HandshakeOptions): Promise<readonly HandshakeFigures[]> => {
  await using relay = await RelayUnderTest.start()
  const rounds = new Map<Groups, Measured<number>[]>(offers.map((groups) => [groups, []]))
  // the first round warms up both sides
  for (let i = 0; i <= roundCount; i++)
    for (const [groups, list] of rounds) {
      let seconds = 0
      const measured = await relay.measure(async () => {
        const start = performance.now()
        await handshakes(relay.address, groups, connections)
        seconds = (performance.now() - start) / 1000
        // the ends of the connections belong to them
        await settle()
        return connections
      })
      if (i > 0) list.push({ ...measured, seconds })
    }
  return [...rounds].map(([groups, list]) => ({
    groups,
    cpuPerHandshake: spreadOf(list.map(({ cpu, value }) => cpu / value)),
    perSecond: spreadOf(list.map(({ value, seconds }) => value / seconds)),
  }))
}
