/** Replies and events of a session as blocks on its transport. */
import type { Answer } from '../commands/spec.ts'
import type { SessionMeasures } from '../measures/session-measures.ts'
import type { BlockPacker } from '../protocol/block.ts'
import { type Bytes, noBytes } from '../protocol/bytes.ts'
import { type EntityId, noEntity } from '../protocol/ids.ts'
import { errInternal, type Reply, refusal } from '../protocol/reply.ts'
import { writeReply } from '../protocol/reply-encoder.ts'
import { type TransmissionSession, writeUnsignedHead } from '../protocol/transmission.ts'
import type { Transport } from '../transport/transport.ts'
import type { BlockLayer } from './block-layer.ts'
import type { BlockPool } from './block-pool.ts'

/** Above this many queued bytes nothing is read from the connection or pushed to it. */
const HIGH_WATER_BYTES = 256 * 1024
/** Server.hs: up to so many replies share their block with the first message. */
const REPLIES_WITH_MESSAGE = 4

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

/** A block that could not be read. */
export const errBlock = eventOf(noEntity, refusal({ code: 'BLOCK' }))
/** Too many commands that other relays work on. */
export const errBusy = refusal({
  code: 'PROXY',
  proxy: { code: 'BROKER', error: { code: 'TIMEOUT' } },
})

export interface OutputOptions {
  readonly transport: Transport
  readonly blocks: BlockLayer
  readonly session: TransmissionSession
  /** Shared by the sessions of a relay: it is used within one turn. */
  readonly packer: BlockPacker
  readonly pool: BlockPool
  /** Milliseconds since the epoch. */
  readonly now: () => number
  readonly measures?: SessionMeasures | undefined
}

export class Output {
  readonly #options: OutputOptions
  #lastSentAt: number
  /** Those who wait for the connection to take more. */
  #waiting = 0

  constructor(options: OutputOptions) {
    this.#options = options
    this.#lastSentAt = options.now()
  }

  get lastSentAt(): number {
    return this.#lastSentAt
  }

  get isFull(): boolean {
    return this.#options.transport.bufferedBytes > HIGH_WATER_BYTES
  }

  /** Resolves when the connection takes more, or is closed. */
  async ready(): Promise<void> {
    if (!this.isFull) return
    const { transport, measures } = this.#options
    this.#waiting += 1
    if (measures !== undefined && this.#waiting === 1) measures.paused.output += 1
    try {
      await transport.drained()
    } finally {
      this.#waiting -= 1
      if (measures !== undefined && this.#waiting === 0) measures.paused.output -= 1
    }
  }

  /** One list: packed together, its blocks one after the other. */
  send(list: readonly Outgoing[]): void {
    if (list.length === 0) return
    const { packer, pool, transport, blocks, now, measures } = this.#options
    packer.reset()
    for (const one of list) this.#pack(one)
    for (const padded of packer.blocks(blocks.paddedBytes)) {
      const block = pool.take()
      blocks.seal(padded, block.bytes)
      transport.send(block.bytes, block.giveBack)
      if (measures !== undefined) measures.blocksSent += 1
    }
    this.#lastSentAt = now()
  }

  /** A reply that no block can hold beside an overlong correlation id becomes an error. */
  #pack(one: Outgoing): void {
    const { packer, session } = this.#options
    const add = (reply: Reply): void =>
      packer.add((writer) => {
        writeReply(writeUnsignedHead(writer, session, one), reply, session.version)
      })
    try {
      add(one.reply)
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
      add(errInternal)
    }
  }

  /** Replies in the order of the requests, with or before the messages that came with them. */
  sendAnswers(
    requests: readonly { readonly correlationId: Bytes; readonly entityId: EntityId }[],
    answers: readonly (Answer | undefined)[],
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
