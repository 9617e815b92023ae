/** All that identifies a client or a queue, as it passes: ids, keys, signatures, session ids. */
import type { Session } from '../../../src/client/handshake.ts'
import { decodeBlock } from '../../../src/protocol/block.ts'
import { type Bytes, latin1Bytes, ProtocolError } from '../../../src/protocol/bytes.ts'
import { decodeCommand } from '../../../src/protocol/command-decoder.ts'
import { decodeReply } from '../../../src/protocol/reply-decoder.ts'
import { decodeTransmission } from '../../../src/protocol/transmission.ts'

/** What is shorter, or hardly more than one byte repeated, may be anywhere by chance. */
const MIN_BYTES = 12
const MIN_DISTINCT = 8

const PROSE = /^[ -~]*$/

type Side = 'said' | 'heard'

export class Seen {
  /** One character a byte, and what each is. */
  readonly values = new Map<string, string>()
  readonly #public: ReadonlySet<string>

  /** @param published what a relay may say of itself: its fingerprint */
  constructor(published: readonly Bytes[]) {
    this.#public = new Set(published.map((bytes) => Buffer.from(bytes).toString('latin1')))
  }

  add(value: Bytes, what: string): void {
    const text = Buffer.from(value).toString('latin1')
    if (value.length < MIN_BYTES || new Set(value).size < MIN_DISTINCT) return
    // what tests say in words: those that matter are looked for by themselves
    if (PROSE.test(text)) return
    if (!this.#public.has(text) && !this.values.has(text)) this.values.set(text, what)
  }

  /** Every byte string and every text inside, however deep. */
  addAll(value: unknown, what: string): void {
    if (typeof value === 'string') this.#addText(value, what)
    else if (value instanceof Uint8Array) this.add(value, what)
    else if (typeof value === 'object' && value !== null)
      for (const [name, inner] of Object.entries(value)) this.addAll(inner, `${what}.${name}`)
  }

  /** Sees what the session seals and opens. */
  readonly watch = (session: Session): Session => {
    const { sessionId, serverKey, secret, service } = session
    this.addAll({ sessionId, serverKey, secret, service }, 'session')
    return {
      ...session,
      seal: (padded) => {
        this.#block(padded, session, 'said')
        return session.seal(padded)
      },
      open: (block) => {
        const padded = session.open(block)
        this.#block(padded, session, 'heard')
        return padded
      },
    }
  }

  #addText(text: string, what: string): void {
    // ids are texts of one character a byte
    if (!/[^\0-\xff]/.test(text)) this.add(latin1Bytes(text), what)
  }

  #block(padded: Bytes, session: Session, side: Side): void {
    for (const bytes of orNone(() => decodeBlock(padded)) ?? [])
      this.#transmission(bytes, session, side)
  }

  #transmission(bytes: Bytes, { version }: Session, side: Side): void {
    const read = orNone(() => decodeTransmission(bytes, version))
    if (read === undefined) return
    const { tail: _tail, command, ...fields } = read
    this.addAll(fields, side)
    const decode = side === 'said' ? decodeCommand : decodeReply
    const decoded = orNone(() => decode(command, version))
    if (decoded === undefined) this.add(command, `${side}, unreadable`)
    else this.addAll(decoded, `${side} ${decoded.tag}`)
  }
}

/** What is hostile does not always parse. */
const orNone = <T>(read: () => T): T | undefined => {
  try {
    return read()
  } catch (error) {
    if (error instanceof ProtocolError) return undefined
    throw error
  }
}
