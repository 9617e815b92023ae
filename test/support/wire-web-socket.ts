/** The far end of a WebSocket, which says whatever a test wants. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { TLSSocket } from 'node:tls'
import { type ClientOptions, WebSocket } from 'ws'
import type { Bytes } from '../../src/protocol/bytes.ts'
import { decodeServerHello } from '../../src/protocol/handshake.ts'
import { unpad } from '../../src/protocol/padding.ts'
import type { Binding, FarEnd } from './memory-transport.ts'

export class WebSocketEnd implements FarEnd {
  readonly socket: WebSocket
  /** Own Finished, where there is TLS; else what the hello says. */
  binding: Binding = { sessionId: new Uint8Array(0), alpn: undefined }
  readonly #received: Bytes[] = []
  #wake: (() => void) | undefined

  private constructor(socket: WebSocket) {
    this.socket = socket
    socket.on('message', (message: Buffer) => {
      this.#received.push(Uint8Array.from(message))
      this.#wake?.()
    })
    socket.on('close', () => this.#wake?.())
    socket.on('upgrade', ({ socket: below }) => {
      if (!(below instanceof TLSSocket)) return
      const sessionId = Uint8Array.from(below.getFinished() ?? [])
      this.binding = { sessionId, alpn: below.alpnProtocol || undefined }
    })
  }

  static async open(url: string, options: ClientOptions = {}): Promise<WebSocketEnd> {
    const socket = new WebSocket(url, {
      perMessageDeflate: false,
      rejectUnauthorized: false,
      ...options,
    })
    const end = new WebSocketEnd(socket)
    await once(socket, 'open')
    socket.on('error', () => undefined)
    return end
  }

  /** For a port without TLS, where only the relay knows the session's id: that of its hello. */
  async learnSession(): Promise<void> {
    for (let hello = this.#received[0]; ; hello = this.#received[0]) {
      if (hello === undefined) await this.arrival()
      else {
        const { sessionId } = decodeServerHello(unpad(hello))
        this.binding = { sessionId: sessionId.slice(), alpn: undefined }
        return
      }
    }
  }

  send(block: Bytes): void {
    this.socket.send(block)
  }

  take(): Bytes | undefined {
    return this.#received.shift()
  }

  async arrival(): Promise<void> {
    if (this.#received.length > 0 || this.socket.readyState === WebSocket.CLOSED) return
    await new Promise<void>((resolve) => {
      this.#wake = resolve
    })
  }

  leave(): void {
    this.socket.terminate()
  }

  /** The code with which the relay closes; what comes before it is thrown away. */
  async closeCode(): Promise<number> {
    assert.notEqual(this.socket.readyState, WebSocket.CLOSED, 'closed before')
    const [code] = await once(this.socket, 'close')
    return code
  }
}
