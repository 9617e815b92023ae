/** One session under fuzz: blocks of transmissions, and the account of what they are answered. */
import type { Session } from '../../src/client/handshake.ts'
import type { ClientTransport } from '../../src/client/transport.ts'
import { decodeBlock } from '../../src/protocol/block.ts'
import { type Bytes, copyBytes, latin1Text, ProtocolError } from '../../src/protocol/bytes.ts'
import type { RelayServer, Tag } from '../../src/protocol/command.ts'
import { decodeSignedKey } from '../../src/protocol/handshake.ts'
import { entityIdOf } from '../../src/protocol/ids.ts'
import { pad } from '../../src/protocol/padding.ts'
import type { Reply } from '../../src/protocol/reply.ts'
import { decodeReply } from '../../src/protocol/reply-decoder.ts'
import { decodeTransmission } from '../../src/protocol/transmission.ts'
import { contentOf, fitting, paddedBlock, transmissionsIn } from './blocks.ts'
import type { Choices } from './choices.ts'
import type { Surroundings } from './commands.ts'
import { Envelopes } from './envelopes.ts'
import { Finding } from './finding.ts'
import { type Answered, dueTo, dueToBlock, Ledger } from './ledger.ts'
import { type Made, madeTransmission, plainRequest } from './transmissions.ts'
import { ringKeyOf, World } from './world.ts'

const ANSWER_MS = 20_000
/** Of the end, in a block that surely holds them. */
const REQUESTS = 60
/** Of the blocks. */
const FORWARDED_PERCENT = 15
const forwarded: ReadonlySet<Tag> = new Set<Tag>(['RFWD', 'PFWD'])

export interface Talk {
  readonly transport: ClientTransport
  readonly session: Session
  readonly servers: readonly RelayServer[]
  /** For an answer. */
  readonly answerMs?: number | undefined
}

export class Conversation {
  readonly #talk: Talk
  readonly #ledger = new Ledger()
  readonly #world = new World()
  readonly #envelopes: Envelopes
  readonly #at: Surroundings
  readonly #made = new Map<string, Made>()
  readonly #reading: Promise<void>
  #problem: Error | undefined
  #isOver = false
  #wake: (() => void) | undefined

  constructor(talk: Talk) {
    const { session, servers } = talk
    this.#talk = talk
    const envelopes = new Envelopes(session)
    this.#envelopes = envelopes
    const at: Surroundings = {
      version: session.version,
      world: this.#world,
      servers,
      forwarded: (choices, id) => envelopes.rfwd(choices, at, id),
      pfwd: (choices, id) => envelopes.pfwd(choices, at, id),
    }
    this.#at = at
    this.#reading = this.#read()
  }

  /** Transmissions, and blocks that could not be read, that were answered. */
  get answered(): number {
    return this.#ledger.answered
  }

  /** Sends a block with about so many transmissions, made from the choices. */
  say(choices: Choices, count: number): void {
    const { session } = this.#talk
    // an envelope is as large as a block
    const made = choices.percent(FORWARDED_PERCENT)
      ? [madeTransmission(choices, session, this.#at, forwarded)]
      : Array.from({ length: count }, () => madeTransmission(choices, session, this.#at))
    for (const one of made) this.#made.set(latin1Text(one.correlationId), one)
    const all = made.map(({ bytes }) => bytes)
    const padded = paddedBlock(choices, fitting(all, session.paddedBytes), session.paddedBytes)
    const block = session.seal(padded)
    const isDamaged = session.isEncrypted && choices.percent(1)
    if (isDamaged) {
      const at = choices.below(block.length)
      block[at] = (block[at] ?? 0) ^ (1 << choices.below(8))
    }
    this.#expect(isDamaged ? undefined : transmissionsIn(padded))
    this.#talk.transport.send(block)
  }

  #expect(transmissions: readonly Bytes[] | undefined): void {
    if (transmissions === undefined) this.#ledger.expect(dueToBlock)
    else for (const one of transmissions) this.#ledger.expect(dueTo(one, this.#talk.session))
  }

  /**
   * Resolves when everything is answered.
   * @throws Finding where an answer is wrong, does not come, or the relay has closed
   */
  async settle(): Promise<void> {
    const end = performance.now() + (this.#talk.answerMs ?? ANSWER_MS)
    while (this.#ledger.open > 0 && this.#problem === undefined && !this.#isOver) {
      const left = end - performance.now()
      if (left <= 0) break
      await this.#arrival(left)
    }
    if (this.#problem !== undefined) throw this.#problem
    if (this.#isOver && this.#ledger.open > 0)
      throw new Finding('the relay closed the connection instead of answering')
    this.#ledger.settle()
  }

  /** Deletes the queues that were made, and leaves. @throws as settle */
  async finish(): Promise<void> {
    const { session, transport } = this.#talk
    const requests = [...this.#world.made].map(([entityId, key]) =>
      plainRequest(session, { command: { tag: 'DEL' }, entityId, key }),
    )
    // after it nothing more can come that was due before
    requests.push(plainRequest(session, { command: { tag: 'PING' }, entityId: '' }))
    let left: readonly Bytes[] = requests
    while (left.length > 0) {
      const now = fitting(left.slice(0, REQUESTS), session.paddedBytes)
      left = left.slice(now.length)
      const padded = pad(contentOf(now), session.paddedBytes)
      this.#expect(now)
      transport.send(session.seal(padded))
    }
    await this.settle()
    transport.close()
    await this.#reading
    if (this.#problem !== undefined) throw this.#problem
  }

  async #arrival(patienceMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    await new Promise<void>((resolve) => {
      this.#wake = resolve
      timer = setTimeout(resolve, patienceMs)
    })
    clearTimeout(timer)
  }

  async #read(): Promise<void> {
    try {
      for (;;) {
        const { value, done } = await this.#talk.session.blocks.next()
        if (done) break
        this.#take(value)
        this.#wake?.()
      }
    } catch (error) {
      this.#problem = error instanceof Error ? error : new Error(String(error))
    }
    this.#isOver = true
    this.#wake?.()
  }

  #take(block: Bytes): void {
    const { session } = this.#talk
    for (const bytes of decodedBlock(session, block)) {
      const answer = decodedAnswer(session, bytes)
      this.#ledger.take(answer)
      this.#learn(answer)
    }
  }

  #learn({ correlationId, entityId, reply }: Answered): void {
    const made = this.#made.get(correlationId)
    this.#made.delete(correlationId)
    const queue = this.#world.find(entityId)
    if (reply.tag === 'MSG' && queue !== undefined) queue.messageId = reply.messageId
    if (reply.tag === 'RRES' || reply.tag === 'PRES') this.#envelopes.open(correlationId, reply)
    if (made === undefined) return
    const { command, key } = made.meant
    if (reply.tag === 'IDS' && command.tag === 'NEW' && key !== undefined) {
      const { recipientId, senderId, linkId, notifier } = reply
      const notifierId = notifier?.notifierId
      const notifierKey = command.notifier && ringKeyOf(command.notifier.authKey)
      const ids = { recipientId, senderId, linkId, notifierId }
      this.#world.add({ ...ids, recipientKey: key, notifierKey })
    }
    if (reply.tag === 'NID' && queue !== undefined && command.tag === 'NKEY') {
      queue.notifierId = reply.notifierId
      queue.notifierKey = ringKeyOf(command.authKey)
    }
    if (reply.tag === 'PKEY') this.#proxied(reply)
    if ((reply.tag === 'OK' || reply.tag === 'LNK') && 'senderKey' in command) {
      const secured = this.#world.named(entityId)
      if (secured !== undefined) secured.senderKey = ringKeyOf(command.senderKey)
    }
  }

  #proxied({ sessionId, signedKey }: Reply<'PKEY'>): void {
    const serverKey = copyBytes(decodeSignedKey(signedKey).key.raw)
    this.#world.proxied = { sessionId: entityIdOf(sessionId), serverKey }
  }
}

/** The codec's errors are the relay's: what it sends has to be read by our own client. */
const asFinding = <T>(what: string, read: () => T): T => {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    throw new Finding(`${what} that cannot be read: ${error.message}`)
  }
}

const decodedBlock = (session: Session, block: Bytes): readonly Bytes[] =>
  asFinding('a block', () => decodeBlock(session.open(block)))

const decodedAnswer = ({ version }: Session, bytes: Bytes): Answered =>
  asFinding('an answer', () => {
    const { correlationId, entityId, command } = decodeTransmission(bytes, version)
    return {
      correlationId: latin1Text(correlationId),
      entityId,
      reply: decodeReply(command, version),
    }
  })
