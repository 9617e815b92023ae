/**
 * Whether ports are free. Pods that may share a port would also share it with the pods of another
 * cluster, and the connections with it.
 */
import { once } from 'node:events'
import { createServer } from 'node:net'
import { portFailure } from '../listen-failure.ts'
import type { PodPort } from './ports.ts'

const listenAlone = async (port: number, host: string | undefined): Promise<void> => {
  const server = createServer((socket) => socket.destroy())
  server.listen({ port, ...(host !== undefined && { host }) })
  await once(server, 'listening')
  const closed = once(server, 'close')
  server.close()
  await closed
}

/** @throws Failure when another process listens on one of them */
export const checkPortsAreFree = async (ports: readonly PodPort[]): Promise<void> => {
  for (const { port, bind, variable } of ports)
    try {
      await listenAlone(port, bind)
    } catch (error) {
      throw portFailure(error, { variable, bind })
    }
}
