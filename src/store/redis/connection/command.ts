/** Commands that write large arguments as they are, where the client would copy them into one piece. */
import { Command } from 'ioredis'

export type Argument = string | number | Buffer

/** From here on a write of its own is cheaper than a copy. */
const LARGE_BYTES = 1024

interface Writable {
  write(text: string | Buffer, encoding?: 'latin1'): unknown
}

/** Strings are Latin-1; answers are Buffers. */
export class PlainCommand extends Command {
  constructor(name: string, args: readonly Argument[]) {
    super(name, [...args], { replyEncoding: null })
  }

  /** Writes all but the end, which the client writes: it has no more than one piece. */
  override toWritable(socket: object): Buffer {
    let text = `*${this.args.length + 1}\r\n$${this.name.length}\r\n${this.name}\r\n`
    for (const arg of this.args) {
      if (!Buffer.isBuffer(arg)) text += bulk(`${arg}`)
      else if (arg.length < LARGE_BYTES) text += bulk(arg.toString('latin1'))
      else {
        writeTo(socket, `${text}$${arg.length}\r\n`, arg)
        text = '\r\n'
      }
    }
    return Buffer.from(text, 'latin1')
  }
}

const bulk = (text: string): string => `$${text.length}\r\n${text}\r\n`

const isWritable = (socket: object): socket is Writable => 'write' in socket

const writeTo = (socket: object, text: string, bytes: Buffer): void => {
  if (!isWritable(socket)) throw new TypeError('not a socket')
  socket.write(text, 'latin1')
  socket.write(bytes)
}
