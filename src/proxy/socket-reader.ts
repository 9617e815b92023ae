/** Takes so many bytes at a time from a socket that something else is to use afterwards. */
import type { Socket } from 'node:net'

export class SocketReader {
  readonly #socket: Socket
  #received = Buffer.alloc(0)
  #isEnded = false
  #wake: (() => void) | undefined

  constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', this.#onData).on('end', this.#onEnd).on('close', this.#onEnd)
  }

  /** @throws Error when the peer closed before */
  async take(length: number): Promise<Buffer> {
    while (this.#received.length < length) {
      if (this.#isEnded) throw new Error('the peer closed')
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    const taken = this.#received.subarray(0, length)
    this.#received = this.#received.subarray(length)
    return taken
  }

  async byte(): Promise<number> {
    return (await this.take(1)).readUInt8()
  }

  /**
   * Leaves the socket, paused.
   * @throws Error for bytes that nobody took: they would be missing afterwards
   */
  release(): void {
    const { length } = this.#received
    this.#socket.pause()
    this.#socket.off('data', this.#onData).off('end', this.#onEnd).off('close', this.#onEnd)
    if (length > 0) throw new Error(`${length} bytes that were not asked for`)
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#received = Buffer.concat([this.#received, chunk])
    this.#wake?.()
  }

  readonly #onEnd = (): void => {
    this.#isEnded = true
    this.#wake?.()
  }
}
