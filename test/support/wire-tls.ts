/** The relay on real sockets, clients that speak SMP over TLS to it, and others that do not. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect as connectTcp, type Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls'
import { pino } from 'pino'
import { type Settings, settingsSchema } from '../../src/config/settings.ts'
import { BLOCK_BYTES } from '../../src/protocol/block.ts'
import type { Bytes } from '../../src/protocol/bytes.ts'
import { type Relay, type RelayOptions, startRelay } from '../../src/relay.ts'
import { turn } from './clock.ts'
import type { Binding, FarEnd } from './memory-transport.ts'
import type { WireClient } from './wire-client.ts'
import { WireDirectory } from './wire-directory.ts'
import { type ConnectOptions, identity, sayHello } from './wire-hello.ts'

const HOST = '127.0.0.1'

/** Sockets of this process, at either end; listening ones are not counted. */
const openSockets = (): number =>
  process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length

/** Enough for what the kernel still has to hand over, without a timer. */
const PATIENCE = 100_000

export class TlsRelay implements AsyncDisposable {
  readonly directory = new WireDirectory()
  readonly #relay: Relay
  readonly #socketsBefore = openSockets()

  constructor(relay: Relay) {
    this.#relay = relay
  }

  /** `given`: settings by their names, as one writes them in the environment. */
  static async start(
    given: Readonly<Record<string, string>> = {},
    { now, ...web }: Pick<RelayOptions, 'now' | 'webCertificate' | 'information' | 'ops'> = {},
  ): Promise<TlsRelay> {
    const { keyHash, chain, chainPem, keyPem, leafKey } = identity
    const settings: Settings = settingsSchema.parse({
      ports: '0',
      bind: HOST,
      drainSeconds: '0',
      ...given,
    })
    const relay = await startRelay({
      settings,
      identity: {
        ...{ fingerprint: keyHash, chainDer: chain, chainPem, keyPem, leafKey },
        notAfter: new Date('2099-01-01'),
      },
      log: pino({ level: 'silent' }),
      ...web,
      ...(now && { now }),
    })
    return new TlsRelay(relay)
  }

  /** The first port for WebSocket, with TLS or without. */
  webPort(kind: 'wss' | 'ws'): number {
    const [port] = this.#relay.webPorts[kind]
    assert.ok(port)
    return port
  }

  /** Of the admin API. */
  get adminPort(): number {
    assert.ok(this.#relay.adminPort)
    return this.#relay.adminPort
  }

  get port(): number {
    const [port] = this.#relay.ports
    assert.ok(port)
    return port
  }

  /** What is asked of the relay as a whole. */
  get itself(): Relay {
    return this.#relay
  }

  renewWebCertificate(...given: Parameters<Relay['renewWebCertificate']>): void {
    this.#relay.renewWebCertificate(...given)
  }

  close(): Promise<void> {
    return this.#relay.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  /** A TCP connection. */
  async dial(): Promise<Socket> {
    const socket = connectTcp({ port: this.port, host: HOST })
    socket.on('error', () => undefined)
    await once(socket, 'connect')
    return socket
  }

  /** A TLS connection on which nothing has been said. */
  async dialTls(options: ConnectionOptions = {}): Promise<TLSSocket> {
    const socket = connectTls({
      port: this.port,
      host: HOST,
      ALPNProtocols: ['smp/1'],
      // the client's own check of the chain is no subject here
      rejectUnauthorized: false,
      ...options,
    })
    await once(socket, 'secureConnect')
    socket.on('error', () => undefined)
    return socket
  }

  async dialSmp(options: ConnectionOptions = {}): Promise<TlsConnection> {
    return new TlsConnection(await this.dialTls(options))
  }

  /** An SMP connection, and its TCP connection to be reset. */
  async connectOver(tcp: Socket): Promise<WireClient<TlsConnection>> {
    const tls = { socket: borrowed(tcp) }
    return sayHello(await this.dialSmp(tls), this.directory)
  }

  async connect(
    options: ConnectOptions = {},
    tls: ConnectionOptions = {},
  ): Promise<WireClient<TlsConnection>> {
    return sayHello(await this.dialSmp(tls), this.directory, options)
  }

  /** All sockets are closed, at both ends, but those of so many connections. */
  async holds(connections: number): Promise<void> {
    const expected = this.#socketsBefore + 2 * connections
    for (let turns = 0; turns < PATIENCE && openSockets() !== expected; turns++) await turn()
    assert.equal(openSockets() - this.#socketsBefore, 2 * connections, 'open sockets')
  }
}

/** TLS over this does not own the TCP connection, so that it can be reset. */
export const borrowed = (tcp: Socket): Duplex => {
  const duplex = new Duplex({
    read: () => tcp.resume(),
    write: (chunk, _, done) => tcp.write(chunk, () => done()),
    destroy: (_, done) => {
      tcp.destroy()
      done(null)
    },
  })
  tcp.on('data', (chunk) => {
    if (!duplex.push(chunk)) tcp.pause()
  })
  tcp.on('close', () => duplex.destroy())
  return duplex
}

export class TlsConnection implements FarEnd {
  readonly socket: TLSSocket
  readonly binding: Binding
  #received = Buffer.alloc(0)
  #wake: (() => void) | undefined

  constructor(socket: TLSSocket) {
    this.socket = socket
    const finished = socket.getFinished()
    assert.ok(finished)
    this.binding = { sessionId: Uint8Array.from(finished), alpn: socket.alpnProtocol || undefined }
    socket.on('data', (chunk) => {
      this.#received = Buffer.concat([this.#received, chunk])
      this.#wake?.()
    })
    socket.on('close', () => this.#wake?.())
  }

  send(block: Bytes): void {
    this.socket.write(block)
  }

  take(): Bytes | undefined {
    if (this.#received.length < BLOCK_BYTES) return undefined
    const block = Uint8Array.from(this.#received.subarray(0, BLOCK_BYTES))
    this.#received = this.#received.subarray(BLOCK_BYTES)
    return block
  }

  async nextBlock(): Promise<Bytes> {
    for (;;) {
      const block = this.take()
      if (block !== undefined) return block
      assert.ok(!this.socket.closed, 'the connection is closed')
      await this.arrival()
    }
  }

  async arrival(): Promise<void> {
    if (this.#received.length >= BLOCK_BYTES || this.socket.closed) return
    await new Promise<void>((resolve) => {
      this.#wake = resolve
    })
  }

  leave(): void {
    this.socket.destroy()
  }
}

/** Resolves when the socket is closed, from whichever side; what comes is thrown away. */
export const closed = async (socket: Socket): Promise<void> => {
  socket.resume()
  // not `once`, which an error before the end would reject
  if (!socket.closed) await new Promise<void>((resolve) => socket.on('close', () => resolve()))
}
