/** SMP over TLS with the parameters of the protocol (SMP, "Transport connection with the server"). */
import { constants } from 'node:crypto'
import { once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import { createServer, type Server, type TLSSocket, type TlsOptions } from 'node:tls'
import { BlockStream } from './block-stream.ts'
import type { Transport } from './transport.ts'

const SMP_ALPN = 'smp/1'
/** The reference's list, of which the client's first common entry is taken. */
const knownAlpn: readonly string[] = [SMP_ALPN, 'h2', 'http/1.1']
const KEEP_ALIVE_MS = 60_000

export interface TlsCredentials {
  /** Leaf first. */
  readonly chainPem: string
  readonly keyPem: string
}

export interface ListenOptions extends TlsCredentials {
  /** 0 for any free port. */
  readonly port: number
  /** All addresses when undefined. */
  readonly bind: string | undefined
  /** Whether other processes may listen on the port too. */
  readonly reusePort?: boolean
  readonly handshakeTimeoutMs: number
}

export const smpTlsOptions = ({ chainPem, keyPem }: TlsCredentials): TlsOptions => ({
  cert: chainPem,
  key: keyPem,
  minVersion: 'TLSv1.2',
  maxVersion: 'TLSv1.3',
  ciphers: 'TLS_CHACHA20_POLY1305_SHA256:ECDHE-ECDSA-CHACHA20-POLY1305',
  honorCipherOrder: true,
  ecdhCurve: 'X448:X25519',
  sigalgs: 'ed448:ed25519',
  // no resumption: every session has a Finished of its own to be bound to
  secureOptions: constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION,
  requestCert: true,
  rejectUnauthorized: false,
  // without a common entry the handshake fails with no_application_protocol
  ALPNCallback: ({ protocols }) => protocols.find((name) => knownAlpn.includes(name)),
})

/** The socket must have finished its handshake; undefined if it was closed meanwhile. */
const tlsTransport = (socket: TLSSocket): Transport | undefined => {
  const sessionId = socket.getPeerFinished()
  if (sessionId === undefined) return undefined
  const blocks = new BlockStream({
    pause: () => socket.pause(),
    resume: () => socket.resume(),
  })
  // not as a Buffer, whose `slice` shares memory
  socket.on('data', ({ buffer, byteOffset, length }: Buffer) =>
    blocks.push(new Uint8Array(buffer, byteOffset, length)),
  )
  socket.on('close', () => blocks.end())
  socket.on('end', () => blocks.end())
  return {
    sessionId,
    alpn: socket.alpnProtocol || undefined,
    blocks,
    send: (block) => {
      if (socket.writable) socket.write(block)
    },
    get bufferedBytes() {
      return socket.writableLength
    },
    drained: () => drained(socket),
    close: () => socket.destroySoon(),
    destroy: () => socket.destroy(),
  }
}

const drained = async (socket: TLSSocket): Promise<void> => {
  if (socket.destroyed || !socket.writableNeedDrain) return
  await new Promise<void>((resolve) => {
    const done = () => {
      socket.off('drain', done).off('close', done)
      resolve()
    }
    socket.on('drain', done).on('close', done)
  })
}

/**
 * Listens and hands over each connection once its TLS handshake is done.
 * @throws the listener's error, such as EADDRINUSE
 */
export const listenTls = async (
  options: ListenOptions,
  accept: (transport: Transport) => void,
): Promise<TlsListener> => {
  const server = createServer({
    ...smpTlsOptions(options),
    handshakeTimeout: options.handshakeTimeoutMs,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: KEEP_ALIVE_MS,
  })
  server.on('secureConnection', (socket) => {
    // a broken connection is only ever the end of its blocks
    socket.on('error', () => socket.destroy())
    const transport = tlsTransport(socket)
    if (transport === undefined) socket.destroy()
    else accept(transport)
  })
  server.on('tlsClientError', (_, socket) => socket.destroy())
  const listener = new TlsListener(server)
  const { port, bind: host, reusePort = false } = options
  server.listen({ port, reusePort, ...(host !== undefined && { host }) })
  await once(server, 'listening')
  return listener
}

export class TlsListener {
  readonly #server: Server
  /** Also those that have not finished, or not begun, their TLS handshake. */
  readonly #sockets = new Set<Socket>()

  constructor(server: Server) {
    this.#server = server
    server.on('connection', (socket) => {
      this.#sockets.add(socket)
      socket.on('close', () => this.#sockets.delete(socket))
    })
  }

  get port(): number {
    const address = this.#server.address()
    return isAddressInfo(address) ? address.port : 0
  }

  /** Stops accepting; open connections stay. */
  stop(): void {
    this.#server.close()
  }

  /** Closes what is still open, at once. */
  destroy(): void {
    for (const socket of this.#sockets) socket.destroy()
  }
}

const isAddressInfo = (address: string | AddressInfo | null): address is AddressInfo =>
  typeof address === 'object' && address !== null
