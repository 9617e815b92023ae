/** responses.json: every response, error and event of the reference in every version. */
import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { describe, test } from 'node:test'
import { noBytes, ProtocolError, utf8Bytes } from '../../src/protocol/bytes.ts'
import { decodeSignedKey } from '../../src/protocol/handshake.ts'
import {
  entityIdOf,
  linkIdOf,
  messageIdOf,
  notifierIdOf,
  recipientIdOf,
  senderIdOf,
  serviceIdOf,
} from '../../src/protocol/ids.ts'
import { type DhKey, decodeSpki, isDhKey } from '../../src/protocol/keys.ts'
import type { Reply } from '../../src/protocol/reply.ts'
import { decodeReply } from '../../src/protocol/reply-decoder.ts'
import { encodeReply, writeReply } from '../../src/protocol/reply-encoder.ts'
import { decodeTransmission, writeUnsignedHead } from '../../src/protocol/transmission.ts'
import { Writer } from '../../src/protocol/writer.ts'
import { fromHex, hex, loadVectors, type VectorKey } from '../support/vectors.ts'
import { replyAsRead } from './as-read.ts'

interface ReplyVector {
  readonly name: string
  readonly tag: Reply['tag']
  readonly fields: Fields
  readonly corrId: string
  readonly entityId: string
  readonly encodings: readonly {
    readonly versions: readonly number[]
    readonly message: string
    readonly transmission: string
    /** The tag that a client reads, where it reads another value than the server meant. */
    readonly decodedAs?: Reply['tag']
  }[]
}

interface Fields {
  readonly recipientId: string
  readonly senderId: string
  readonly serverDhKey: string
  readonly queueMode: 'M' | 'C' | null
  readonly linkId: string | null
  readonly serviceId: string | null
  readonly ntfCreds: { readonly notifierId: string; readonly serverNtfDhKey: string } | null
  readonly fixedData: string
  readonly userData: string
  readonly count: string
  readonly msgId: string
  readonly body: string
  readonly notifierId: string
  readonly serverNtfDhKey: string
  readonly nonce: string
  readonly encMeta: string
  readonly sessionId: string
  readonly minVersion: number
  readonly maxVersion: number
  readonly chain: readonly string[]
  readonly key: string
  readonly encResponse: string
  readonly json: string
}

const vectors = loadVectors<{
  readonly keys: Readonly<Record<string, VectorKey>>
  readonly sessionId: string
  readonly responses: readonly ReplyVector[]
  readonly errors: readonly Omit<ReplyVector, 'fields'>[]
  readonly events: readonly Omit<ReplyVector, 'fields' | 'tag'>[]
  readonly decodeV18: readonly {
    readonly message: string
    readonly text: string
    readonly ok: boolean
    readonly reencoded?: string
    readonly clientError?: string
  }[]
}>('responses')
const sessionId = fromHex(vectors.sessionId)

const dhKey = (name: string): DhKey => {
  const key = decodeSpki(fromHex(vectors.keys[name]?.spki ?? ''))
  assert.ok(isDhKey(key))
  return key
}

const idsOf = (fields: Fields): Reply => {
  const { queueMode, linkId, serviceId, ntfCreds } = fields
  return {
    tag: 'IDS',
    recipientId: recipientIdOf(fromHex(fields.recipientId)),
    senderId: senderIdOf(fromHex(fields.senderId)),
    serverDhKey: dhKey(fields.serverDhKey),
    ...(queueMode && { mode: queueMode === 'M' ? 'messaging' : 'contact' }),
    ...(linkId !== null && { linkId: linkIdOf(fromHex(linkId)) }),
    ...(serviceId !== null && { serviceId: serviceIdOf(fromHex(serviceId)) }),
    ...(ntfCreds && {
      notifier: {
        notifierId: notifierIdOf(fromHex(ntfCreds.notifierId)),
        serverDhKey: dhKey(ntfCreds.serverNtfDhKey),
      },
    }),
  }
}

/** The vector names the signed key; its bytes, the last ones, are in the message only. */
const pkeyOf = ({ chain, key, ...fields }: Fields, message: string): Reply => {
  const [leaf, ...others] = chain.map(fromHex)
  assert.ok(leaf)
  const isEd448 = new X509Certificate(leaf).publicKey.asymmetricKeyType === 'ed448'
  const signedKey = fromHex(message).slice(isEd448 ? -173 : -122)
  assert.deepEqual(decodeSignedKey(signedKey).key, dhKey(key))
  return {
    tag: 'PKEY',
    sessionId: fromHex(fields.sessionId),
    versions: { min: fields.minVersion, max: fields.maxVersion },
    chain: [leaf, ...others],
    signedKey,
  }
}

/** The reply that the vector's own fields describe. */
const replyOf = ({ tag, fields, encodings }: ReplyVector): Reply => {
  switch (tag) {
    case 'IDS':
      return idsOf(fields)
    case 'LNK': {
      const content = { fixed: fromHex(fields.fixedData), user: fromHex(fields.userData) }
      return { tag, senderId: senderIdOf(fromHex(fields.senderId)), ...content }
    }
    case 'SOK': {
      const { serviceId } = fields
      return { tag, ...(serviceId !== null && { serviceId: serviceIdOf(fromHex(serviceId)) }) }
    }
    case 'SOKS':
    case 'ENDS':
      return { tag, count: BigInt(fields.count) }
    case 'MSG':
      return { tag, messageId: messageIdOf(fromHex(fields.msgId)), body: fromHex(fields.body) }
    case 'NID': {
      const notifierId = notifierIdOf(fromHex(fields.notifierId))
      return { tag, notifierId, serverDhKey: dhKey(fields.serverNtfDhKey) }
    }
    case 'NMSG':
      return { tag, nonce: fromHex(fields.nonce), meta: fromHex(fields.encMeta) }
    case 'PKEY':
      return pkeyOf(fields, encodings[0]?.message ?? '')
    case 'RRES':
    case 'PRES':
      return { tag, response: fromHex(fields.encResponse) }
    case 'INFO':
      return { tag, json: fields.json }
    case 'ERR':
      return assert.fail('errors have no fields')
    default:
      return { tag }
  }
}

const checkEncodings = (
  vector: Pick<ReplyVector, 'corrId' | 'entityId' | 'encodings'>,
  reply: Reply,
): void => {
  const ids = {
    correlationId: fromHex(vector.corrId),
    entityId: entityIdOf(fromHex(vector.entityId)),
  }
  for (const { versions, message, transmission, decodedAs } of vector.encodings)
    for (const version of versions) {
      assert.equal(hex(encodeReply(reply, version)), message)
      const read = decodeReply(fromHex(message), version)
      assert.deepEqual(read, replyAsRead(reply, version))
      assert.equal(read.tag, decodedAs ?? reply.tag)
      const head = writeUnsignedHead(new Writer(), { version, sessionId }, ids)
      assert.equal(hex(writeReply(head, reply, version).bytes()), transmission)
      const { command, ...fields } = decodeTransmission(fromHex(transmission), version)
      assert.equal(hex(command), message)
      assert.deepEqual(fields.authorization, noBytes)
      assert.deepEqual(fields.correlationId, ids.correlationId)
      assert.equal(fields.entityId, ids.entityId)
    }
}

describe('responses in every version', () => {
  for (const vector of vectors.responses)
    test(vector.name, () => checkEncodings(vector, replyOf(vector)))
})

describe('errors and events in every version', () => {
  for (const vector of [...vectors.errors, ...vectors.events])
    test(vector.name, () => {
      // what the server meant is what v18 says in full
      const newest = vector.encodings.find(({ versions }) => versions.includes(18))
      assert.ok(newest)
      checkEncodings(vector, decodeReply(fromHex(newest.message), 18))
    })
})

describe('what a client of v18 accepts', () => {
  /** We keep the text of INFO as received; the reference writes only the fields it knows. */
  const keptAsReceived = 'INFO {"qiSnd":true,"qiNtf":false,"qiSize":0,"extra":1}'
  /** Judged with the entity id, which is not the codec's. */
  const refusedLater: ReadonlyMap<string, string> = new Map([['PONG', 'CMD HAS_AUTH']])

  for (const { message, text, ok, reencoded, clientError } of vectors.decodeV18)
    test(JSON.stringify(text), () => {
      const bytes = fromHex(message)
      if (ok || refusedLater.get(text) === clientError) {
        const expected = text === keptAsReceived ? message : (reencoded ?? message)
        assert.equal(hex(encodeReply(decodeReply(bytes, 18), 18)), expected)
      } else assert.throws(() => decodeReply(bytes, 18), ProtocolError)
    })

  test('the differences are among the vectors', () => {
    const texts = vectors.decodeV18.map(({ text }) => text)
    for (const text of [keptAsReceived, ...refusedLater.keys()]) assert.ok(texts.includes(text))
    assert.deepEqual(decodeReply(utf8Bytes(keptAsReceived), 18), {
      tag: 'INFO',
      json: keptAsReceived.slice('INFO '.length),
    })
  })
})
