import { AsyncQueue } from '../../../src/client/async-queue.ts'
import type { ChannelBinding, ClientTransport } from '../../../src/client/transport.ts'
import type { Bytes } from '../../../src/protocol/bytes.ts'

/** The server's end of a pair: what the client sent, and ways to answer, close and break. */
export interface ServerEnd {
  readonly received: AsyncQueue<Bytes>
  readonly binding: ChannelBinding | undefined
  /** Blocks that the client has not taken. */
  readonly waiting: number
  send(block: Bytes): void
  close(): void
  fail(error: Error): void
}

export interface TransportPair {
  readonly client: ClientTransport
  readonly server: ServerEnd
}

/** Two ends in one process; `binding` is what TLS would tell the client. */
export const makeTransportPair = (binding?: ChannelBinding): TransportPair => {
  const toClient = new AsyncQueue<Bytes>()
  const toServer = new AsyncQueue<Bytes>()
  return {
    client: {
      ...(binding && { binding }),
      blocks: toClient,
      send: (block) => toServer.push(block),
      close() {
        toClient.end()
        toServer.end()
      },
    },
    server: {
      received: toServer,
      binding,
      get waiting() {
        return toClient.size
      },
      send: (block) => toClient.push(block),
      close: () => toClient.end(),
      fail: (error) => toClient.end(error),
    },
  }
}
