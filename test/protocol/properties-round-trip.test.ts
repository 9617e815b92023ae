/** Every value that a version can say is read as it was written. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { decodeCommand } from '../../src/protocol/command-decoder.ts'
import { encodeCommand } from '../../src/protocol/command-encoder.ts'
import {
  decodeClientHello,
  decodeServerHello,
  decodeServiceResponse,
  decodeSignedKey,
  encodeClientHello,
  encodeServerHello,
  encodeServiceResponse,
  encodeSignedKey,
  signedKeyContent,
} from '../../src/protocol/handshake.ts'
import { decodeSpki, encodeSpki } from '../../src/protocol/keys.ts'
import { decodeReply } from '../../src/protocol/reply-decoder.ts'
import { encodeReply } from '../../src/protocol/reply-encoder.ts'
import { decodeTransmission, encodeTransmission } from '../../src/protocol/transmission.ts'
import { command } from './arbitraries/commands.ts'
import { clientHello, serverHello, serviceResponse, transmission } from './arbitraries/hellos.ts'
import { reply } from './arbitraries/replies.ts'
import { allVersions, anyKey, bytes } from './arbitraries/values.ts'
import { commandAsRead, replyAsRead } from './as-read.ts'

const numRuns = 200

for (const version of allVersions)
  describe(`v${version}`, () => {
    test('commands', () => {
      const readAsWritten = fc.property(command, (one) => {
        const read = decodeCommand(encodeCommand(one, version), version)
        assert.deepEqual(read, commandAsRead(one, version))
      })
      fc.assert(readAsWritten, { numRuns })
    })

    test('replies', () => {
      const readAsWritten = fc.property(reply, (one) => {
        const read = decodeReply(encodeReply(one, version), version)
        assert.deepEqual(read, replyAsRead(one, version))
      })
      fc.assert(readAsWritten, { numRuns })
    })

    test('client hellos', () => {
      const readAsWritten = fc.property(clientHello(version), (hello) => {
        assert.deepEqual(decodeClientHello(encodeClientHello(hello)), hello)
      })
      fc.assert(readAsWritten, { numRuns: 50 })
    })

    test('transmissions', () => {
      const readAsWritten = fc.property(transmission(version), (one) => {
        const { authorization, serviceSignature, sessionId, tail } = one
        const session = { version, sessionId }
        const written = encodeTransmission(session, authorization, tail, serviceSignature)
        assert.deepEqual(decodeTransmission(written, version), one)
      })
      fc.assert(readAsWritten, { numRuns: 100 })
    })
  })

describe('in any version', () => {
  test('server hellos', () => {
    const readAsWritten = fc.property(serverHello, (hello) => {
      assert.deepEqual(decodeServerHello(encodeServerHello(hello)), hello)
    })
    fc.assert(readAsWritten, { numRuns })
  })

  test('service responses', () => {
    const readAsWritten = fc.property(serviceResponse, (response) => {
      assert.deepEqual(decodeServiceResponse(encodeServiceResponse(response)), response)
    })
    fc.assert(readAsWritten, { numRuns: 50 })
  })

  test('keys', () => {
    const readAsWritten = fc.property(anyKey, (key) => {
      assert.deepEqual(decodeSpki(encodeSpki(key)), key)
    })
    fc.assert(readAsWritten, { numRuns: 50 })
  })

  test('signed keys', () => {
    const signature = fc.oneof(bytes(64, 64), bytes(114, 114))
    const readAsWritten = fc.property(anyKey, signature, (key, signed) => {
      const read = decodeSignedKey(encodeSignedKey(key, signed))
      assert.deepEqual(read, { key, content: signedKeyContent(key), signature: signed })
    })
    fc.assert(readAsWritten, { numRuns: 100 })
  })
})
