/** Where a load goes to. */
import { connectSmp } from '../client/connect.ts'
import type { SmpConnection } from '../client/connection.ts'
import type { SmpEvent } from '../client/event-buffer.ts'
import type { ServerAddress } from '../protocol/address.ts'

export interface TargetOptions {
  readonly onEvent?: (event: SmpEvent) => void
}

export interface Target {
  connect(options?: TargetOptions): Promise<SmpConnection>
}

/** The relays that a load's connections go to: the same one, or two of a cluster. */
export interface Ends {
  readonly senders: Target
  readonly recipients: Target
}

/** A server by its address; connecting to it ends with the signal. */
export const serverTarget = (address: ServerAddress, signal: AbortSignal): Target => ({
  connect: ({ onEvent = () => {} } = {}) => connectSmp({ address, signal, onEvent }),
})

const AT_ONCE = 16

/** So many connections, a few handshakes at a time. */
export const connectMany = async (
  count: number,
  connect: () => Promise<SmpConnection>,
): Promise<readonly SmpConnection[]> => {
  const connections: SmpConnection[] = []
  let left = count
  const worker = async (): Promise<void> => {
    while (left > 0) {
      left -= 1
      connections.push(await connect())
    }
  }
  try {
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, count) }, worker))
    return connections
  } catch (error) {
    left = 0
    for (const connection of connections) connection.close()
    throw error
  }
}

export const closeAll = async (connections: readonly SmpConnection[]): Promise<void> => {
  await Promise.all(connections.map((connection) => connection[Symbol.asyncDispose]()))
}
