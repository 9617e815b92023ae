/** A TLS listener whose connections are handed to the test. */
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer, type TLSSocket, type TlsOptions } from 'node:tls'
import { AsyncQueue } from '../../../src/client/async-queue.ts'
import { BlockAssembler } from '../../../src/protocol/block-assembler.ts'
import type { Bytes } from '../../../src/protocol/bytes.ts'
import type { TestIdentity } from './identity.ts'
import type { ServerEnd } from './memory-transport.ts'

export interface TlsPeer extends ServerEnd {
  readonly socket: TLSSocket
}

export interface TlsListener extends AsyncDisposable {
  readonly port: number
  readonly peers: AsyncQueue<TlsPeer>
}

const peerOf = (socket: TLSSocket): TlsPeer => {
  const received = new AsyncQueue<Bytes>()
  const assembler = new BlockAssembler((block) => received.push(block))
  socket.on('data', (chunk) => assembler.push(Uint8Array.from(chunk)))
  socket.on('error', () => received.end())
  socket.on('close', () => received.end())
  const sessionId = Uint8Array.from(socket.getPeerFinished() ?? [])
  return {
    socket,
    received,
    binding: { sessionId, chain: [] },
    get waiting() {
      return socket.writableLength
    },
    send: (block) => void socket.write(block),
    close: () => void socket.end(),
    fail: () => void socket.destroy(),
  }
}

export const listenTls = async (
  identity: TestIdentity,
  options: TlsOptions = {},
): Promise<TlsListener> => {
  const peers = new AsyncQueue<TlsPeer>()
  const server = createServer({
    cert: identity.chainPem,
    key: identity.keyPem,
    ecdhCurve: 'X448:X25519',
    sigalgs: 'ed448:ed25519',
    ciphers: 'TLS_CHACHA20_POLY1305_SHA256:ECDHE-ECDSA-CHACHA20-POLY1305',
    ALPNProtocols: ['smp/1'],
    requestCert: true,
    rejectUnauthorized: false,
    ...options,
  })
  const sockets = new Set<TLSSocket>()
  server.on('secureConnection', (socket) => {
    sockets.add(socket)
    peers.push(peerOf(socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    peers,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
