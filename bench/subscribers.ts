/** Connections that subscribe to many queues, as when a relay's whole clientele comes back. */
import type { SmpConnection } from '../src/client/connection.ts'
import type { MadeQueue } from '../src/load/queues.ts'
import { subscribeAll } from '../src/load/subscribing.ts'
import { type Measured, measureCpu } from './measured.ts'
import type { RelayUnderTest } from './relay-under-test.ts'

/** To each relay. */
const CONNECTIONS = 4

/** Fresh connections, several to each relay, subscribe to a part of the queues each. */
export const subscribeAfresh = async (
  relays: readonly RelayUnderTest[],
  queues: readonly MadeQueue[],
): Promise<{ readonly measured: Measured<number>; readonly connections: SmpConnection[] }> => {
  const onEvent = (): void => {}
  const opened = relays.map((relay) => relay.connectMany(CONNECTIONS, { onEvent }))
  const connections = (await Promise.all(opened)).flat()
  const share = Math.ceil(queues.length / connections.length)
  const measured = await measureCpu(relays, async () => {
    const counts = await Promise.all(
      connections.map((connection, i) =>
        subscribeAll(connection, queues.slice(i * share, (i + 1) * share)),
      ),
    )
    return counts.reduce((sum, count) => sum + count, 0)
  })
  return { measured, connections }
}
