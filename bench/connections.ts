/** Clients with a TLS key share of choice; everything above TLS is the client library's. */
import { constants } from 'node:crypto'
import { once } from 'node:events'
import { connect, type TLSSocket } from 'node:tls'
import { AsyncQueue } from '../src/client/async-queue.ts'
import { openConnection, type SmpConnection } from '../src/client/connection.ts'
import type { ClientTransport } from '../src/client/transport.ts'
import { nativeCrypto } from '../src/crypto/native.ts'
import { verifyServerChain } from '../src/identity/chain.ts'
import { parseServerAddress } from '../src/protocol/address.ts'
import { BlockAssembler } from '../src/protocol/block-assembler.ts'
import type { Bytes } from '../src/protocol/bytes.ts'

/** The groups of the ClientHello in order; its key share is of the first one. */
export type Groups = 'X25519' | 'X448' | 'X25519:X448' | 'X448:X25519'

const connectSocket = async (port: number, groups: Groups): Promise<TLSSocket> => {
  const socket = connect({
    host: '127.0.0.1',
    port,
    ALPNProtocols: ['smp/1'],
    minVersion: 'TLSv1.3',
    ciphers: 'TLS_CHACHA20_POLY1305_SHA256',
    ecdhCurve: groups,
    sigalgs: 'ed25519:ed448',
    secureOptions: constants.SSL_OP_NO_TICKET,
    rejectUnauthorized: false,
  })
  socket.setNoDelay(true)
  await once(socket, 'secureConnect')
  return socket
}

/** The session id is taken from the server's hello. */
const transportOf = (socket: TLSSocket): ClientTransport => {
  const blocks = new AsyncQueue<Bytes>()
  const assembler = new BlockAssembler((block) => blocks.push(block))
  socket.on('data', (chunk: Bytes) => assembler.push(chunk))
  socket.on('error', (error) => blocks.end(error))
  socket.on('close', () => blocks.end())
  return {
    blocks,
    send: (block) => socket.write(block),
    close: () => socket.destroySoon(),
  }
}

export const connectWith = async (address: string, groups: Groups): Promise<SmpConnection> => {
  const { keyHash, port = 0 } = parseServerAddress(address)
  return openConnection(transportOf(await connectSocket(port, groups)), {
    keyHash,
    crypto: nativeCrypto,
    verifyChain: (chain, hash) => verifyServerChain(chain, hash, new Date()),
  })
}

/** Opens connections, so many at once, and hands each one over. */
export const connectEach = async (
  count: number,
  atOnce: number,
  open: () => Promise<void>,
): Promise<void> => {
  let left = count
  const worker = async (): Promise<void> => {
    for (; left > 0; ) {
      left -= 1
      await open()
    }
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, count) }, worker))
}
