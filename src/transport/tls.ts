/** SMP over TLS with the parameters of the protocol (SMP, "Transport connection with the server"). */
import { constants } from 'node:crypto'
import type { Socket } from 'node:net'
import { createServer, type Server, type TLSSocket, type TlsOptions } from 'node:tls'
import type { HandshakeMeasures } from '../measures/transport-measures.ts'
import type { Bytes } from '../protocol/bytes.ts'
import { BlockStream } from './block-stream.ts'
import { type Endpoint, nameOf } from './clients.ts'
import { drained } from './drained.ts'
import { leave } from './leave.ts'
import type { Transport } from './transport.ts'

export const SMP_ALPN = 'smp/1'
const HTTP_ALPN = 'http/1.1'
/** The reference's list, of which the client's first common entry is taken. */
const knownAlpn: readonly string[] = [SMP_ALPN, 'h2', HTTP_ALPN]

export interface TlsCredentials {
  /** Leaf first. */
  readonly chainPem: string
  readonly keyPem: string
}

// no resumption: every session has a Finished of its own to be bound to, and no ticket links two
const secureOptions = constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION

/** @param asksServices whether clients are asked for certificates, which services alone have */
export const smpTlsOptions = (
  { chainPem, keyPem }: TlsCredentials,
  asksServices = true,
): TlsOptions => ({
  cert: chainPem,
  key: keyPem,
  minVersion: 'TLSv1.2',
  maxVersion: 'TLSv1.3',
  ciphers: 'TLS_CHACHA20_POLY1305_SHA256:ECDHE-ECDSA-CHACHA20-POLY1305',
  honorCipherOrder: true,
  ecdhCurve: 'X448:X25519',
  sigalgs: 'ed448:ed25519',
  secureOptions,
  // whatever is shown is judged when a hello says that it is a service's
  requestCert: asksServices,
  rejectUnauthorized: false,
  // without a common entry the handshake fails with no_application_protocol
  ALPNCallback: ({ protocols }) => protocols.find((name) => knownAlpn.includes(name)),
})

/** For browsers: a certificate of any kind, and the ciphers that go with it. */
export const webTlsOptions = ({ chainPem, keyPem }: TlsCredentials): TlsOptions => ({
  cert: chainPem,
  key: keyPem,
  minVersion: 'TLSv1.2',
  ciphers: [
    'TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256',
    'ECDHE+AESGCM:ECDHE+CHACHA20',
  ].join(':'),
  secureOptions,
  ALPNCallback: ({ protocols }) => protocols.find((name) => name === HTTP_ALPN),
})

/** Does the TLS handshakes of connections that something else accepts. */
export class TlsHandshakes {
  readonly #server: Server
  readonly #measures: HandshakeMeasures | undefined
  /** When those under way began, by the client's end of the connection. */
  readonly #begun = new Map<string, number>()

  /** @param timeoutMs for one handshake */
  constructor(
    options: TlsOptions,
    { timeoutMs, measures }: { timeoutMs: number; measures?: HandshakeMeasures | undefined },
    done: (socket: TLSSocket) => void,
  ) {
    this.#measures = measures
    this.#server = createServer({ ...options, handshakeTimeout: timeoutMs })
    this.#server.on('secureConnection', (socket) => {
      this.#count(socket)
      // a broken connection is only ever the end of its blocks
      socket.on('error', () => socket.destroy())
      done(socket)
    })
    this.#server.on('tlsClientError', (error, socket) => {
      measures?.outcomes.add(isTimeout(error) ? 'timeout' : 'failed')
      socket.destroy()
    })
  }

  begin(socket: Socket): void {
    if (this.#measures !== undefined) {
      const name = nameOf(socket)
      this.#begun.set(name, performance.now())
      socket.once('close', () => this.#begun.delete(name))
    }
    this.#server.emit('connection', socket)
  }

  #count(endpoint: Endpoint): void {
    if (this.#measures === undefined) return
    const name = nameOf(endpoint)
    const begun = this.#begun.get(name)
    this.#begun.delete(name)
    if (begun !== undefined) this.#measures.done((performance.now() - begun) / 1000)
  }

  /** For handshakes from now on; the options of the constructor that are not of TLS itself stay. */
  renew(options: TlsOptions): void {
    this.#server.setSecureContext(options)
  }
}

const isTimeout = (error: NodeJS.ErrnoException): boolean =>
  error.code === 'ERR_TLS_HANDSHAKE_TIMEOUT'
/** One more than a service may show is enough to refuse it. */
const MAX_CHAIN = 5

/** As they were sent; whose key the leaf's is has been proven, and nothing else checked. */
const chainOf = (socket: TLSSocket): readonly Bytes[] => {
  const chain: Bytes[] = []
  let certificate = socket.getPeerX509Certificate()
  while (certificate !== undefined && chain.length < MAX_CHAIN) {
    chain.push(new Uint8Array(certificate.raw))
    certificate = certificate.issuerCertificate
  }
  return chain
}

/** What a turn of the event loop writes leaves in one piece: a system call costs as much as a block. */
const corkForTurn = (socket: TLSSocket): void => {
  if (socket.writableCorked > 0) return
  socket.cork()
  setImmediate(() => socket.uncork())
}

/** The socket must have finished its handshake; undefined if it was closed meanwhile. */
export const tlsTransport = (
  socket: TLSSocket,
  clientAddress: string | undefined,
): Transport | undefined => {
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
  let isClosing = false
  return {
    kind: 'smp',
    sessionId,
    alpn: socket.alpnProtocol || undefined,
    clientChain: () => chainOf(socket),
    clientAddress,
    blocks,
    send: (block, taken) => {
      if (!socket.writable) return taken?.()
      corkForTurn(socket)
      socket.write(block, taken)
    },
    get bufferedBytes() {
      return socket.writableLength
    },
    drained: () => drained(socket),
    stopReading: () => blocks.end(),
    leave: () => leave(socket),
    close() {
      // each of the commands that fail together says it, and Node waits for each anew
      if (!isClosing) socket.destroySoon()
      isClosing = true
    },
    destroy() {
      // what this turn has written may still reach the peer
      socket.uncork()
      socket.destroy()
    },
  }
}
