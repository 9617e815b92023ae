/** Lines in the envelopes of private routing, as a forwarding relay passes them on. */
import assert from 'node:assert/strict'
import { nativeCrypto as crypto } from '../../src/crypto/native.ts'
import { decodeBlock } from '../../src/protocol/block.ts'
import { type Bytes, concatBytes, latin1Bytes, latin1Text } from '../../src/protocol/bytes.ts'
import { encodeSpki } from '../../src/protocol/keys.ts'
import { pad } from '../../src/protocol/padding.ts'
import { Reader } from '../../src/protocol/reader.ts'
import { decodeTransmission } from '../../src/protocol/transmission.ts'
import { Writer } from '../../src/protocol/writer.ts'
import { dhKey, type Heard, type Line, transmissionOf, type WireSession } from './wire.ts'

const FORWARDED_BYTES = 16_226

export interface Envelope {
  /** The content of RFWD. */
  readonly content: Bytes
  /** What the answer, the content of RRES, holds. */
  read(response: Bytes): readonly Heard[]
}

export interface EnvelopeOptions {
  readonly version?: number
  /** Of the forwarding relay, the outer nonce. */
  readonly corrId: string
  /** Of the client, the inner nonce; by default that of the first line. */
  readonly clientCorrId?: string
  /** In the place of what is made of the lines. */
  readonly block?: Bytes
  readonly padded?: Bytes
  readonly boxed?: Bytes
  readonly plain?: Bytes
}

const nonceOf = (corrId: string): Bytes => {
  const nonce = new Uint8Array(24)
  nonce.set(latin1Bytes(corrId).subarray(0, 24))
  return nonce
}

const opened = (box: Bytes | undefined): Bytes => box ?? assert.fail('it does not decrypt')

const blockOf = (session: WireSession, lines: readonly Line[]): Bytes => {
  const writer = new Writer()
  writer.u8(lines.length)
  for (const line of lines) writer.large(transmissionOf(session, line))
  return writer.bytes()
}

/** `session` is the connection's; the lines are said in the client's version. */
export const envelopeOf = (
  session: WireSession,
  options: EnvelopeOptions,
  ...lines: readonly Line[]
): Envelope => {
  const { version = 17, corrId, clientCorrId = lines[0]?.[1] ?? '' } = options
  const { serverKey = assert.fail(), secret = assert.fail() } = session
  const client = dhKey()
  const commandSecret = crypto.x25519(client.privateKey, serverKey.raw) ?? assert.fail()
  const inner = { ...session, version }
  const block = options.block ?? blockOf(inner, lines)
  const padded = options.padded ?? pad(block, FORWARDED_BYTES)
  const boxed = options.boxed ?? crypto.box(commandSecret, nonceOf(clientCorrId), padded)
  const head = new Writer().shortText(clientCorrId).u16(version).short(encodeSpki(client.publicKey))
  const plain = options.plain ?? concatBytes(head.bytes(), boxed)
  return {
    content: crypto.box(secret, nonceOf(corrId), plain),
    read(response) {
      const outer = crypto.openBox(secret, nonceOf(corrId).reverse(), response)
      const reader = new Reader(opened(outer))
      assert.equal(latin1Text(reader.short()), clientCorrId)
      const answer = reader.rest()
      assert.equal(answer.length, FORWARDED_BYTES + 16)
      const nonce = nonceOf(clientCorrId).reverse()
      return decodeBlock(opened(crypto.openBox(commandSecret, nonce, answer))).map((bytes) => {
        const { authorization, correlationId, entityId, command } = decodeTransmission(
          bytes,
          version,
        )
        assert.equal(authorization.length, 0)
        return [latin1Text(correlationId), entityId, latin1Text(command)]
      })
    },
  }
}
