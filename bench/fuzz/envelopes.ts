/** Commands inside the envelopes of private routing, and whether their answers come back in them. */
import type { Session } from '../../src/client/handshake.ts'
import { nonceOf } from '../../src/crypto/authenticator.ts'
import {
  FORWARDED_BYTES,
  type ForwardingKey,
  openResponse,
  sealForwarded,
} from '../../src/crypto/forwarding.ts'
import { nativeCrypto as crypto } from '../../src/crypto/native.ts'
import { decodeBlock } from '../../src/protocol/block.ts'
import { type Bytes, equalBytes, latin1Text, ProtocolError } from '../../src/protocol/bytes.ts'
import type { Command, Tag } from '../../src/protocol/command.ts'
import type { DhKey } from '../../src/protocol/keys.ts'
import { pad } from '../../src/protocol/padding.ts'
import type { Reply } from '../../src/protocol/reply.ts'
import { decodeReply } from '../../src/protocol/reply-decoder.ts'
import { decodeTransmission } from '../../src/protocol/transmission.ts'
import type { Version } from '../../src/protocol/version.ts'
import { Writer } from '../../src/protocol/writer.ts'
import type { Choices } from './choices.ts'
import type { Surroundings } from './commands.ts'
import { Finding } from './finding.ts'
import { type Due, dueTo, Ledger } from './ledger.ts'
import { atTimesMutated } from './mutate.ts'
import { madeTransmission } from './transmissions.ts'
import { someDhKey } from './world.ts'

const forwardable: ReadonlySet<Tag> = new Set<Tag>(['SEND', 'SKEY', 'LKEY', 'LGET'])
const anything: ReadonlySet<Tag> = new Set<Tag>([...forwardable, 'PING', 'NEW', 'SUB', 'RFWD'])

/** What opens the answer to one forwarded command, and what that is to be. */
interface Inner {
  readonly key: ForwardingKey
  readonly version: Version
  readonly due: Due | undefined
}

interface Boxed {
  readonly version: Version
  readonly publicKey: DhKey
  readonly box: Bytes
  readonly inner: Inner | undefined
}

const paddedOf = (choices: Choices, content: Bytes): Bytes =>
  pad(content, choices.percent(95) ? FORWARDED_BYTES : content.length + 2)

/** One command in the client's own box, for the relay with that key. */
const boxed = (
  choices: Choices,
  at: Surroundings,
  relay: { readonly sessionId: Bytes; readonly serverKey: Bytes },
  correlationId: Bytes,
): Boxed => {
  const version = choices.percent(85) ? choices.between(8, 17) : choices.of(0, 6, 7, 18, 19, 0xffff)
  const { publicKey, privateKey } = crypto.generateKeyPair('X25519')
  const secret = crypto.x25519(privateKey, relay.serverKey)
  const only = choices.percent(85) ? forwardable : anything
  const inner = { version, ...relay }
  const { bytes } = madeTransmission(choices, inner, { ...at, version }, only)
  const count = choices.percent(96) ? 1 : choices.of(0, 2)
  const writer = new Writer().u8(count).large(bytes)
  if (count === 2) writer.large(bytes)
  const content = atTimesMutated(writer.bytes(), choices, 4)
  const isWhole = count === 1 && equalBytes(content, writer.bytes())
  const padded = paddedOf(choices, content.subarray(0, FORWARDED_BYTES - 2))
  const box = secret === undefined ? padded : crypto.box(secret, nonceOf(correlationId), padded)
  const isRight = secret !== undefined && isWhole && content.length <= FORWARDED_BYTES - 2
  return {
    version,
    publicKey: choices.percent(96) ? publicKey : someDhKey(choices),
    box: atTimesMutated(box, choices, 4),
    inner: secret && {
      key: { secret, correlationId },
      version,
      due: isRight ? dueTo(bytes, inner) : undefined,
    },
  }
}

const openInner = ({ key, version, due }: Inner, response: Bytes): void => {
  const nonce = nonceOf(key.correlationId).toReversed()
  const padded = crypto.openBox(key.secret, nonce, response)
  if (padded === undefined) throw new Finding('an answer in an envelope that does not open')
  const [bytes, ...others] = decodeBlock(padded)
  if (bytes === undefined || others.length > 0)
    throw new Finding('not one transmission in an envelope')
  const { correlationId, entityId, command } = decodeTransmission(bytes, version)
  if (due === undefined) return
  const ledger = new Ledger()
  ledger.expect(due)
  ledger.take({
    correlationId: latin1Text(correlationId),
    entityId,
    reply: decodeReply(command, version),
  })
  ledger.settle()
}

/** The envelopes of one session, by the correlation ids that their answers come with. */
export class Envelopes {
  readonly #session: Session
  readonly #inner = new Map<string, Inner>()

  constructor(session: Session) {
    this.#session = session
  }

  /** The content of RFWD. */
  rfwd(choices: Choices, at: Surroundings, correlationId: Bytes): Bytes {
    const { secret, serverKey, sessionId } = this.#session
    if (secret === undefined || serverKey === undefined || choices.percent(4))
      return choices.bytes(choices.below(200))
    // of 255 bytes none would leave room for the answer, which is then ERR INTERNAL
    const clientId = choices.bytes(choices.percent(95) ? 24 : choices.of(0, 1, 60))
    const { version, publicKey, box, inner } = boxed(
      choices,
      at,
      { sessionId, serverKey },
      clientId,
    )
    const key = { secret, correlationId }
    const forwarded = { correlationId: clientId, version, key: publicKey, transmission: box }
    if (inner !== undefined) this.#inner.set(latin1Text(correlationId), inner)
    return atTimesMutated(sealForwarded(crypto, key, forwarded), choices, 4)
  }

  pfwd(choices: Choices, at: Surroundings, correlationId: Bytes): Command<'PFWD'> {
    const relay = at.world.proxied
    if (relay === undefined) {
      const transmission = choices.bytes(choices.of(0, 20, 16_242))
      return { tag: 'PFWD', version: 17, key: someDhKey(choices), transmission }
    }
    const sessionId = Buffer.from(relay.sessionId, 'latin1')
    const there = { sessionId, serverKey: relay.serverKey }
    const { version, publicKey, box, inner } = boxed(choices, at, there, correlationId)
    if (inner !== undefined) this.#inner.set(latin1Text(correlationId), inner)
    return { tag: 'PFWD', version, key: publicKey, transmission: box }
  }

  /** @throws Finding for an answer whose envelopes do not open or hold another one */
  open(correlationId: string, reply: Reply<'RRES' | 'PRES'>): void {
    const inner = this.#inner.get(correlationId)
    if (inner === undefined) return
    this.#inner.delete(correlationId)
    try {
      openInner(inner, reply.tag === 'PRES' ? reply.response : this.#relayed(correlationId, reply))
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      throw new Finding(`what is in an envelope does not parse: ${error.message}`)
    }
  }

  #relayed(correlationId: string, { response }: Reply<'RRES'>): Bytes {
    const { secret } = this.#session
    const id = Buffer.from(correlationId, 'latin1')
    const opened = secret && openResponse(crypto, { secret, correlationId: id }, response)
    if (opened === undefined) throw new Finding('RRES does not open')
    return opened.response
  }
}
