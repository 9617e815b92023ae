import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  openCommandBlock,
  openForwarded,
  openResponse,
  sealAnswerBlock,
  sealForwarded,
  sealResponse,
} from '../../../src/crypto/forwarding.ts'
import { nativeCrypto } from '../../../src/crypto/native.ts'
import { nobleCrypto } from '../../../src/crypto/noble.ts'
import { decodeBatch } from '../../../src/protocol/block.ts'
import { type Bytes, concatBytes, noBytes, utf8Bytes } from '../../../src/protocol/bytes.ts'
import { entityIdOf } from '../../../src/protocol/ids.ts'
import type { DhKey } from '../../../src/protocol/keys.ts'
import { pad } from '../../../src/protocol/padding.ts'
import { encodeTail, encodeTransmission } from '../../../src/protocol/transmission.ts'
import { Writer } from '../../../src/protocol/writer.ts'
import { keyPairOf } from '../../client/support/keys.ts'
import {
  expectBytes,
  fromHex,
  loadVectors,
  type VectorBytes,
  type VectorKey,
} from '../../support/vectors.ts'

interface Exchange {
  readonly name: string
  readonly version: number
  readonly entityId: string
  readonly command: VectorBytes
  readonly innerAuthorization: string | null
  readonly innerBlock: VectorBytes
  readonly innerTransmission: VectorBytes
  readonly innerPadded: VectorBytes
  readonly encTransmission: VectorBytes
  readonly fwdPlain: VectorBytes
  readonly encFwdTransmission: VectorBytes
  readonly responseTransmission: VectorBytes
  readonly encResponse: VectorBytes
  readonly encFwdResponse: VectorBytes
}

interface Vectors {
  readonly keys: Readonly<Record<'cmdEph' | 'relaySess' | 'proxySess', VectorKey>>
  readonly clientCorrId: string
  readonly proxyCorrId: string
  readonly commandSecret: string
  readonly sessionSecret: string
  readonly exchanges: readonly Exchange[]
}

const vectors = loadVectors<Vectors>('proxy')
const clientCorrId = fromHex(vectors.clientCorrId)
const commandKey = { secret: fromHex(vectors.commandSecret), correlationId: clientCorrId }
const relayKey = {
  secret: fromHex(vectors.sessionSecret),
  correlationId: fromHex(vectors.proxyCorrId),
}

/** The command itself, or the body of a SEND that is as long. */
const commandOf = ({ command }: Exchange): Bytes => {
  if (typeof command === 'string') return fromHex(command)
  assert.ok('length' in command)
  const start = utf8Bytes('SEND T ')
  return concatBytes(start, new Uint8Array(command.length - start.length).fill(0x73))
}

const blockOf = (exchange: Exchange): Bytes => {
  const tail = encodeTail(
    { correlationId: clientCorrId, entityId: entityIdOf(fromHex(exchange.entityId)) },
    commandOf(exchange),
  )
  const session = { version: exchange.version, sessionId: noBytes }
  const authorization = fromHex(exchange.innerAuthorization ?? '')
  return new Writer()
    .u8(1)
    .large(encodeTransmission(session, authorization, tail))
    .bytes()
}

for (const crypto of [nativeCrypto, nobleCrypto])
  describe(`envelopes of private routing (${crypto.name})`, () => {
    const [client, relay, proxy] = (['cmdEph', 'relaySess', 'proxySess'] as const).map((name) =>
      keyPairOf(vectors.keys[name], 'X25519'),
    )
    assert.ok(client && relay && proxy)

    it('are made with the secrets of the reference', () => {
      const secretOf = (mine: typeof client, theirs: typeof client) =>
        crypto.x25519(mine.privateKey, theirs.publicKey.raw)
      expectBytes(secretOf(client, relay), vectors.commandSecret)
      expectBytes(secretOf(relay, client), vectors.commandSecret)
      expectBytes(secretOf(proxy, relay), vectors.sessionSecret)
      expectBytes(secretOf(relay, proxy), vectors.sessionSecret)
    })

    for (const exchange of vectors.exchanges)
      it(`are those of the reference: ${exchange.name}, v${exchange.version}`, () => {
        const { encTransmission } = exchange
        const innerBlock = blockOf(exchange)
        expectBytes(innerBlock, exchange.innerBlock)
        const padded = pad(innerBlock, 16_226)
        expectBytes(padded, exchange.innerPadded)
        const transmission = crypto.box(commandKey.secret, clientCorrId, padded)
        expectBytes(transmission, encTransmission)
        const key: DhKey = client.publicKey
        const { version } = exchange
        const forwarded = { correlationId: clientCorrId, version, key, transmission }
        const content = sealForwarded(crypto, relayKey, forwarded)
        expectBytes(content, exchange.encFwdTransmission)
        const opened = openForwarded(crypto, relayKey, content)
        assert.deepEqual(opened, forwarded)
        const block = openCommandBlock(crypto, commandKey, transmission) ?? noBytes
        const [inner, ...others] = decodeBatch(block)
        expectBytes(inner, exchange.innerTransmission)
        assert.equal(others.length, 0)

        const { responseTransmission } = exchange
        // long ones have only a hash
        if (typeof responseTransmission !== 'string') return
        const answer = sealAnswerBlock(crypto, commandKey, fromHex(responseTransmission))
        expectBytes(answer, exchange.encResponse)
        const response = { correlationId: clientCorrId, response: answer }
        const sealed = sealResponse(crypto, relayKey, response)
        expectBytes(sealed, exchange.encFwdResponse)
        assert.deepEqual(openResponse(crypto, relayKey, sealed), response)
      })
  })

describe('envelopes', () => {
  const crypto = nativeCrypto

  it('that are damaged do not open', () => {
    const response = sealResponse(crypto, relayKey, {
      correlationId: clientCorrId,
      response: utf8Bytes('x'),
    })
    assert.equal(openForwarded(crypto, relayKey, response), undefined)
    assert.equal(openResponse(crypto, commandKey, response), undefined)
    response[0] = (response[0] ?? 0) ^ 1
    assert.equal(openResponse(crypto, relayKey, response), undefined)
    assert.equal(openCommandBlock(crypto, commandKey, noBytes), undefined)
  })

  it('take an answer that fills them, and no more', () => {
    const box = sealAnswerBlock(crypto, commandKey, new Uint8Array(16_226 - 5))
    assert.equal(box.length, 16_242)
    assert.throws(() => sealAnswerBlock(crypto, commandKey, new Uint8Array(16_226 - 4)), RangeError)
  })

  it('have the nonce of a correlation id of any length', () => {
    for (const id of [noBytes, utf8Bytes('short'), new Uint8Array(60).fill(7)]) {
      const key = { ...commandKey, correlationId: id }
      const nonce = concatBytes(id, new Uint8Array(24)).slice(0, 24)
      const box = crypto.box(key.secret, nonce, pad(utf8Bytes('x'), 10))
      expectBytes(openCommandBlock(crypto, key, box), '78')
      const sealed = sealResponse(crypto, key, { correlationId: id, response: noBytes })
      assert.ok(crypto.openBox(key.secret, nonce.reverse(), sealed))
    }
  })
})
