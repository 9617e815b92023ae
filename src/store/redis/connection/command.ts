/** Commands that write large arguments as they are, where the client would copy them into one piece. */
import { Command } from 'ioredis'

/** Strings are Latin-1. */
export type Argument = string | number | Uint8Array | Joined

/** One argument of two pieces. */
export interface Joined {
  readonly head: string
  readonly bytes: Uint8Array
}

/** From here on a write of its own is cheaper than a copy. */
const LARGE_BYTES = 1024

interface Writable {
  write(text: string | Uint8Array, encoding?: 'latin1'): unknown
}

/**
 * Answers are Buffers. The client itself gets no arguments: it would read them for keys, and put
 * them into errors.
 */
export class PlainCommand extends Command {
  readonly #values: readonly Argument[]

  constructor(name: string, values: readonly Argument[]) {
    super(name, [], { replyEncoding: null })
    this.#values = values
  }

  /** Writes all but the end, which the client writes: it takes one piece. */
  override toWritable(socket: object): Buffer {
    let text = `*${this.#values.length + 1}\r\n${bulk(this.name)}`
    for (const value of this.#values) {
      if (typeof value !== 'object') text += bulk(`${value}`)
      else {
        const { head, bytes } = 'head' in value ? value : { head: '', bytes: value }
        const length = `$${head.length + bytes.length}\r\n${head}`
        if (bytes.length < LARGE_BYTES) text += `${length}${textOf(bytes)}\r\n`
        else {
          writeTo(socket, text + length, bytes)
          text = '\r\n'
        }
      }
    }
    return Buffer.from(text, 'latin1')
  }
}

const bulk = (text: string): string => `$${text.length}\r\n${text}\r\n`

const textOf = ({ buffer, byteOffset, length }: Uint8Array): string =>
  Buffer.from(buffer, byteOffset, length).toString('latin1')

const isWritable = (socket: object): socket is Writable => 'write' in socket

const writeTo = (socket: object, text: string, bytes: Uint8Array): void => {
  if (!isWritable(socket)) throw new TypeError('not a socket')
  socket.write(text, 'latin1')
  socket.write(bytes)
}
