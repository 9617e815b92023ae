/** Replies and events of a session as blocks on its transport. */
import type { Answer } from '../commands/spec.ts'
import { BlockPacker } from '../protocol/block.ts'
import { type Bytes, noBytes } from '../protocol/bytes.ts'
import type { EntityId } from '../protocol/ids.ts'
import type { Reply } from '../protocol/reply.ts'
import { writeReply } from '../protocol/reply-encoder.ts'
import { type TransmissionSession, writeUnsignedHead } from '../protocol/transmission.ts'
import type { Transport } from '../transport/transport.ts'
import type { BlockLayer } from './block-layer.ts'

/** Above this many queued bytes nothing is read from the connection or pushed to it. */
const HIGH_WATER_BYTES = 256 * 1024
/** Server.hs: up to so many replies share their block with the first message. */
const REPLIES_WITH_MESSAGE = 4
const MESSAGE_BYTES = 16_400

export interface Outgoing {
  readonly correlationId: Bytes
  readonly entityId: EntityId
  readonly reply: Reply
}

export const eventOf = (entityId: EntityId, reply: Reply): Outgoing => ({
  correlationId: noBytes,
  entityId,
  reply,
})

const expectedBytes = (list: readonly Outgoing[]): number =>
  list.some(({ reply }) => reply.tag === 'MSG') ? MESSAGE_BYTES : 64 * list.length + 192

export class Output {
  readonly #transport: Transport
  readonly #blocks: BlockLayer
  readonly #session: TransmissionSession
  /** Milliseconds since the epoch, for idle connections. */
  lastSentAt = 0
  readonly #now: () => number

  constructor(
    transport: Transport,
    blocks: BlockLayer,
    session: TransmissionSession,
    now: () => number,
  ) {
    this.#transport = transport
    this.#blocks = blocks
    this.#session = session
    this.#now = now
    this.lastSentAt = now()
  }

  get isFull(): boolean {
    return this.#transport.bufferedBytes > HIGH_WATER_BYTES
  }

  /** Resolves when the connection takes more, or is closed. */
  async ready(): Promise<void> {
    if (this.isFull) await this.#transport.drained()
  }

  /** One list: packed together, its blocks one after the other. */
  send(list: readonly Outgoing[]): void {
    if (list.length === 0) return
    const packer = new BlockPacker(expectedBytes(list))
    for (const one of list)
      packer.add((writer) => {
        writeReply(writeUnsignedHead(writer, this.#session, one), one.reply, this.#session.version)
      })
    for (const padded of packer.blocks(this.#blocks.paddedBytes))
      this.#transport.send(this.#blocks.seal(padded))
    this.lastSentAt = this.#now()
  }

  /** Replies in the order of the requests, with or before the messages that came with them. */
  sendAnswers(
    requests: readonly { readonly correlationId: Bytes; readonly entityId: EntityId }[],
    answers: readonly Answer[],
  ): void {
    const replies: Outgoing[] = []
    const events: Outgoing[] = []
    requests.forEach(({ correlationId, entityId }, index) => {
      const answer = answers[index]
      if (answer === undefined) return
      replies.push({ correlationId, entityId, reply: answer.reply })
      if (answer.event !== undefined) events.push(eventOf(entityId, answer.event))
    })
    const [first, ...others] = events
    if (first !== undefined && replies.length <= REPLIES_WITH_MESSAGE) {
      this.send([...replies, first])
      for (const event of others) this.send([event])
    } else {
      this.send(replies)
      for (const event of events) this.send([event])
    }
  }
}
