/** commands.json: every command of the reference in every version. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { parseServerAddress } from '../../src/protocol/address.ts'
import { concatBytes, noBytes } from '../../src/protocol/bytes.ts'
import type {
  Command,
  NotifierKeys,
  QueueRequest,
  RelayServer,
} from '../../src/protocol/command.ts'
import { decodeCommand } from '../../src/protocol/command-decoder.ts'
import { encodeCommand } from '../../src/protocol/command-encoder.ts'
import { entityIdOf, linkIdOf, messageIdOf, senderIdOf } from '../../src/protocol/ids.ts'
import {
  type AuthKey,
  type DhKey,
  decodeSpki,
  isAuthKey,
  isDhKey,
} from '../../src/protocol/keys.ts'
import {
  authorizedPrefix,
  decodeTransmission,
  encodeTail,
  encodeTransmission,
} from '../../src/protocol/transmission.ts'
import { supportedVersions } from '../../src/protocol/version.ts'
import { fromHex, hex, loadVectors, type VectorKey } from '../support/vectors.ts'
import { commandAsRead } from './as-read.ts'

interface Signed {
  readonly authorization: string
  readonly serviceSignature: string | null
  readonly transmission: string
}

const signers = [
  'ed25519',
  'ed448',
  'x25519',
  'serviceEd25519',
  'serviceX25519',
  'serviceKey',
] as const

type Encoding = { readonly [S in (typeof signers)[number]]?: Signed } & {
  /** The transmission without authorization. */
  readonly unsigned?: string
  readonly versions: readonly number[]
  readonly command: string
  readonly toSend: string
  readonly authorized: string
}

interface LinkFields {
  readonly linkId?: string
  readonly senderId: string
  readonly fixedData: string
  readonly userData: string
}

interface Fields {
  readonly rcvAuthKey: string
  readonly rcvDhKey: string
  readonly password: string | null
  readonly subscribe: boolean
  readonly queueReqData: {
    readonly mode: QueueRequest['mode']
    readonly data: LinkFields | null
  } | null
  readonly ntfCreds: { readonly ntfAuthKey: string; readonly ntfDhKey: string } | null
  readonly key: string
  readonly keys: readonly string[]
  readonly dhKey: string
  readonly linkId: string
  readonly fixedData: string
  readonly userData: string
  readonly msgId: string
  readonly notification: boolean
  readonly body: string
  readonly server: string
  readonly version: number
  readonly encTransmission: string
}

interface CommandVector {
  readonly name: string
  readonly tag: Command['tag']
  readonly fields: Fields
  readonly corrId: string
  readonly entityId: string
  readonly encodings: readonly Encoding[]
}

const vectors = loadVectors<{
  readonly keys: Readonly<Record<string, VectorKey>>
  readonly sessionId: string
  readonly commands: readonly CommandVector[]
}>('commands')
const sessionId = fromHex(vectors.sessionId)

const keyOf = (name: string) => decodeSpki(fromHex(vectors.keys[name]?.spki ?? ''))

const authKey = (name: string): AuthKey => {
  const key = keyOf(name)
  assert.ok(isAuthKey(key))
  return key
}

const dhKey = (name: string): DhKey => {
  const key = keyOf(name)
  assert.ok(isDhKey(key))
  return key
}

const linkOf = ({ linkId, senderId, fixedData, userData }: LinkFields) => ({
  ...(linkId !== undefined && { linkId: linkIdOf(fromHex(linkId)) }),
  senderId: senderIdOf(fromHex(senderId)),
  fixed: fromHex(fixedData),
  user: fromHex(userData),
})

const newCommand = (fields: Fields): Command => {
  const { password, queueReqData, ntfCreds } = fields
  const request = queueReqData && {
    mode: queueReqData.mode,
    ...(queueReqData.data && { link: linkOf(queueReqData.data) }),
  }
  const notifier: NotifierKeys | null = ntfCreds && {
    authKey: authKey(ntfCreds.ntfAuthKey),
    dhKey: dhKey(ntfCreds.ntfDhKey),
  }
  return {
    tag: 'NEW',
    authKey: authKey(fields.rcvAuthKey),
    dhKey: dhKey(fields.rcvDhKey),
    ...(password !== null && { password }),
    subscribe: fields.subscribe,
    ...(request && { request: request as QueueRequest }),
    ...(notifier && { notifier }),
  }
}

const relayOf = (address: string): RelayServer => {
  const { hosts, port, keyHash } = parseServerAddress(address)
  return { hosts, port: port === undefined ? '' : `${port}`, keyHash }
}

/** The command that the vector's own fields describe. */
const commandOf = (tag: Command['tag'], fields: Fields): Command => {
  switch (tag) {
    case 'NEW':
      return newCommand(fields)
    case 'KEY':
    case 'SKEY':
    case 'LKEY':
      return { tag, senderKey: authKey(fields.key) }
    case 'RKEY': {
      const [first, ...others] = fields.keys.map(authKey)
      assert.ok(first)
      return { tag, recipientKeys: [first, ...others] }
    }
    case 'LSET': {
      const { linkId, fixedData, userData } = fields
      const content = { fixed: fromHex(fixedData), user: fromHex(userData) }
      return { tag, linkId: linkIdOf(fromHex(linkId)), ...content }
    }
    case 'NKEY':
      return { tag, authKey: authKey(fields.key), dhKey: dhKey(fields.dhKey) }
    case 'ACK':
      return { tag, messageId: messageIdOf(fromHex(fields.msgId)) }
    case 'SEND':
      return { tag, notification: fields.notification, body: fromHex(fields.body) }
    case 'PRXY': {
      const { server, password } = fields
      return { tag, server: relayOf(server), ...(password !== null && { password }) }
    }
    case 'PFWD': {
      const transmission = fromHex(fields.encTransmission)
      return { tag, version: fields.version, key: dhKey(fields.key), transmission }
    }
    case 'RFWD':
      return { tag, transmission: fromHex(fields.encTransmission) }
    default:
      return { tag }
  }
}

const checkTransmission = (vector: CommandVector, encoding: Encoding, signed: Signed): void => {
  const bytes = fromHex(signed.transmission)
  const command = fromHex(encoding.command)
  const ids = {
    correlationId: fromHex(vector.corrId),
    entityId: entityIdOf(fromHex(vector.entityId)),
  }
  const tail = encodeTail(ids, command)
  const authorization = fromHex(signed.authorization)
  const serviceSignature =
    signed.serviceSignature === null ? undefined : fromHex(signed.serviceSignature)
  for (const version of encoding.versions) {
    assert.deepEqual(decodeTransmission(bytes, version), {
      authorization,
      ...(serviceSignature && { serviceSignature }),
      sessionId: version === 6 ? sessionId : noBytes,
      ...ids,
      command,
      tail,
    })
    const session = { version, sessionId }
    const written = encodeTransmission(session, authorization, tail, serviceSignature)
    assert.equal(hex(written), signed.transmission)
    const authorized = hex(concatBytes(authorizedPrefix(sessionId), tail))
    assert.equal(authorized, encoding.authorized)
    assert.equal(version === 6 ? authorized : hex(tail), encoding.toSend)
  }
}

for (const vector of vectors.commands)
  describe(`${vector.name}`, () => {
    const command = commandOf(vector.tag, vector.fields)
    for (const encoding of vector.encodings) {
      const versions = encoding.versions.join()
      test(`v${versions}: the command`, () => {
        for (const version of encoding.versions) {
          const read = decodeCommand(fromHex(encoding.command), version)
          assert.deepEqual(read, commandAsRead(command, version))
          assert.equal(hex(encodeCommand(command, version)), encoding.command)
        }
      })
      test(`v${versions}: its transmissions`, () => {
        const all = signers.flatMap((signer) => encoding[signer] ?? [])
        if (encoding.unsigned !== undefined)
          all.push({ authorization: '', serviceSignature: null, transmission: encoding.unsigned })
        assert.ok(all.length > 0)
        for (const one of all) checkTransmission(vector, encoding, one)
      })
    }
  })

test('every version of the reference is there, for every command', () => {
  const { min, max } = supportedVersions
  const all = Array.from({ length: max - min + 1 }, (_, index) => min + index)
  // v13 was never used
  const expected = all.filter((version) => version !== 13)
  for (const { name, encodings } of vectors.commands)
    assert.deepEqual(
      encodings.flatMap(({ versions }) => versions),
      expected,
      name,
    )
})
