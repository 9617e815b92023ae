/** Blocks over TLS. */
import { constants } from 'node:crypto'
import type { Socket } from 'node:net'
import { connect, type TLSSocket } from 'node:tls'
import { BlockAssembler } from '../protocol/block-assembler.ts'
import type { Bytes } from '../protocol/bytes.ts'
import { AsyncQueue } from './async-queue.ts'
import { ConnectionClosed, HandshakeError } from './errors.ts'
import type { ChannelBinding, ClientTransport } from './transport.ts'

export interface TlsOptions {
  readonly host: string
  readonly port: number
  /** The protocol to offer; `false` offers none, which makes a relay speak v6. */
  readonly alpn: string | false
  /** Certificates and key that a service shows where it is asked. */
  readonly certificate?: { readonly chainPem: string; readonly keyPem: string }
  readonly signal?: AbortSignal
  /** An open TCP connection to use instead of one to `host` and `port`, which it then belongs to. */
  readonly socket?: Socket
}

/** Received blocks that wait for the reader before the socket is paused. */
const QUEUE_BLOCKS = 64
const KEEP_ALIVE_IDLE_MS = 30_000
/** TCP's graceful end, as in the reference. */
const CLOSE_MS = 5_000

// SMP, "TLS": one cipher suite, modern curves only, no resumption; never SNI, which on a port
// shared with HTTPS would select the web server. The chain is judged by our own rules.
const tlsParameters = {
  minVersion: 'TLSv1.2',
  ciphers: 'TLS_CHACHA20_POLY1305_SHA256:ECDHE-ECDSA-CHACHA20-POLY1305',
  ecdhCurve: 'X25519:X448',
  sigalgs: 'ed25519:ed448',
  secureOptions: constants.SSL_OP_NO_TICKET | constants.SSL_OP_LEGACY_SERVER_CONNECT,
  rejectUnauthorized: false,
} as const

/** A view without Buffer's own `slice`, which does not copy. */
const plainView = (buffer: Buffer): Bytes =>
  new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length)

/** One certificate more than a server may send is enough to refuse it. */
const MAX_CHAIN = 5

const peerChain = (socket: TLSSocket): readonly Bytes[] => {
  const chain: Bytes[] = []
  let certificate = socket.getPeerCertificate(true)
  while (certificate?.raw !== undefined && chain.length < MAX_CHAIN) {
    chain.push(plainView(certificate.raw).slice())
    if (certificate.issuerCertificate === certificate) break
    certificate = certificate.issuerCertificate
  }
  return chain
}

export const bindingOf = (socket: TLSSocket): Required<ChannelBinding> => {
  const finished = socket.getFinished()
  if (finished === undefined) throw new HandshakeError('session', 'TLS gave no Finished message')
  return { sessionId: plainView(finished).slice(), chain: peerChain(socket) }
}

const openSocket = ({
  host,
  port,
  alpn,
  signal,
  certificate,
  socket: tcp,
}: TlsOptions): Promise<TLSSocket> => {
  signal?.throwIfAborted()
  const opened: PromiseWithResolvers<TLSSocket> = Promise.withResolvers()
  const socket = connect({
    ...(tcp ? { socket: tcp } : { host, port }),
    ...(alpn !== false && { ALPNProtocols: [alpn] }),
    ...(certificate && { cert: certificate.chainPem, key: certificate.keyPem }),
    ...tlsParameters,
  })
  const own = tcp ?? socket
  own.setNoDelay(true)
  own.setKeepAlive(true, KEEP_ALIVE_IDLE_MS)
  const onAbort = (): void => {
    socket.destroy()
    opened.reject(signal?.reason)
  }
  const onError = (cause?: Error): void =>
    opened.reject(
      new HandshakeError('unreachable', `no TLS connection to ${host}:${port}`, { cause }),
    )
  signal?.addEventListener('abort', onAbort, { once: true })
  socket.on('error', onError)
  socket.once('close', onError)
  socket.once('secureConnect', () => {
    signal?.removeEventListener('abort', onAbort)
    socket.off('error', onError)
    socket.off('close', onError)
    opened.resolve(socket)
  })
  return opened.promise
}

class TlsTransport implements ClientTransport {
  readonly binding: ChannelBinding
  readonly blocks: AsyncQueue<Bytes>
  readonly #socket: TLSSocket

  constructor(socket: TLSSocket) {
    this.#socket = socket
    this.binding = bindingOf(socket)
    const onTaken = (): void => {
      if (this.blocks.size < QUEUE_BLOCKS / 2 && socket.isPaused()) socket.resume()
    }
    this.blocks = new AsyncQueue({ onTaken })
    this.#listen()
  }

  send(block: Bytes): void {
    if (this.#socket.writable) this.#socket.write(block)
  }

  get bufferedBytes(): number {
    return this.#socket.writableLength
  }

  close(): void {
    this.blocks.end()
    this.#socket.destroySoon()
    setTimeout(() => this.#socket.destroy(), CLOSE_MS).unref()
  }

  #listen(): void {
    const { blocks } = this
    const assembler = new BlockAssembler((block) => blocks.push(block))
    this.#socket
      .on('data', (chunk) => {
        assembler.push(plainView(chunk))
        if (blocks.size >= QUEUE_BLOCKS) this.#socket.pause()
      })
      .on('error', (cause) => {
        blocks.end(new ConnectionClosed('network', 'the connection failed', { cause }))
      })
      .on('close', () => {
        if (assembler.isBetweenBlocks) blocks.end()
        else blocks.end(new ConnectionClosed('remote', 'the peer closed inside a block'))
      })
  }
}

/**
 * Opens a TLS connection as SMP asks for it; the certificate chain is not judged here.
 * @throws HandshakeError: unreachable; the signal's reason when aborted
 */
export const connectTls = async (options: TlsOptions): Promise<ClientTransport> => {
  const socket = await openSocket(options)
  try {
    return new TlsTransport(socket)
  } catch (error) {
    socket.destroy()
    throw error
  }
}
