/** Files as a large server has them, of any size: random ids and keys, nothing that anybody can use. */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createWriteStream, type WriteStream } from 'node:fs'
import { join } from 'node:path'
import { finished } from 'node:stream/promises'

export interface ManyQueues {
  readonly directory: string
  readonly queues: number
  /** In all, of random bodies that fill a block. */
  readonly messages: number
  /** Whole seconds since the epoch: when they were sent. */
  readonly sentAt: number
}

const ED25519 = Buffer.from('302a300506032b6570032100', 'hex')
const X25519 = Buffer.from('302a300506032b656e032100', 'hex')
const BODY_BYTES = 16_000

const text = (bytes: Uint8Array): string => {
  const bare = Buffer.from(bytes).toString('base64url')
  return bare.padEnd(Math.ceil(bare.length / 4) * 4, '=')
}
const id = (): string => text(randomBytes(24))
const key = (form: Buffer): string => text(Buffer.concat([form, randomBytes(32)]))

class Lines {
  readonly #stream: WriteStream
  #waiting: string[] = []

  constructor(path: string) {
    this.#stream = createWriteStream(path)
  }

  async add(...lines: readonly string[]): Promise<void> {
    this.#waiting.push(...lines)
    if (this.#waiting.length >= 256) await this.#write()
  }

  async end(): Promise<void> {
    await this.#write()
    this.#stream.end()
    await finished(this.#stream)
  }

  async #write(): Promise<void> {
    const lines = this.#waiting
    this.#waiting = []
    const isRoom = this.#stream.write(lines.map((line) => `${line}\n`).join(''))
    if (!isRoom) await once(this.#stream, 'drain')
  }
}

/** As compacted at a start, with the changes of some time since at the end: far from what they change. */
export const writeManyQueues = async (many: ManyQueues): Promise<void> => {
  const { directory, queues, messages, sentAt } = many
  const log = new Lines(join(directory, 'smp-server-store.log'))
  const messageLog = new Lines(join(directory, 'smp-server-messages.log'))
  await new Lines(join(directory, 'smp-server-ntfs.log')).end()
  const changed: string[] = []
  for (let number = 0; number < queues; number++) {
    const rid = id()
    const secret = () => text(randomBytes(32))
    const senderKey = number % 4 === 0 ? '' : key(X25519)
    const notifier = number % 3 === 0 ? ` notifier=${id()} ${key(ED25519)} ${secret()}` : ''
    await log.add(
      `CREATE rid=${rid} rk=${key(ED25519)} rdh=${secret()} sid=${id()} sk=${senderKey} queue_mode=M${notifier} updated_at=1795305600`,
    )
    if (number % 4 === 0) changed.push(rid)
    const first = Math.floor((number * messages) / queues)
    const last = Math.floor(((number + 1) * messages) / queues)
    for (let one = first; one < last; one++)
      await messageLog.add(`v3 ${rid} ${id()} ${sentAt} flags=T ${text(randomBytes(BODY_BYTES))}`)
  }
  for (const rid of changed) {
    await log.add(`SECURE ${rid} ${key(X25519)}`, `TIME ${rid} 1795305600`)
  }
  await Promise.all([log.end(), messageLog.end()])
}
