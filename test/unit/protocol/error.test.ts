import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ProtocolError, utf8Bytes } from '../../../src/protocol/bytes.ts'
import {
  errorText,
  parseTransportError,
  readError,
  type SmpError,
  transportErrorText,
} from '../../../src/protocol/error.ts'
import { Reader } from '../../../src/protocol/reader.ts'
import { errAuth, errInternal, errProhibited } from '../../../src/protocol/reply.ts'
import { bareBase64url, base64 } from '../../../src/protocol/text.ts'
import { fromHex } from '../../support/vectors.ts'

describe('an error for people', () => {
  const notice = { ttlSeconds: 60 }
  const lines: readonly (readonly [text: string, error: SmpError])[] = [
    ['AUTH', { code: 'AUTH' }],
    ['CMD SYNTAX', { code: 'CMD', reason: 'SYNTAX' }],
    ['STORE disk full', { code: 'STORE', text: 'disk full' }],
    ['BLOCKED reason=spam', { code: 'BLOCKED', blocking: { reason: 'spam' } }],
    [
      'BLOCKED reason=content,notice={"ttl":60}',
      { code: 'BLOCKED', blocking: { reason: 'content', notice } },
    ],
    ['PROXY BASIC_AUTH', { code: 'PROXY', proxy: { code: 'BASIC_AUTH' } }],
    [
      'PROXY PROTOCOL CMD UNKNOWN',
      { code: 'PROXY', proxy: { code: 'PROTOCOL', error: { code: 'CMD', reason: 'UNKNOWN' } } },
    ],
    [
      'PROXY BROKER TIMEOUT',
      { code: 'PROXY', proxy: { code: 'BROKER', error: { code: 'TIMEOUT' } } },
    ],
    [
      'PROXY BROKER UNEXPECTED PONG',
      { code: 'PROXY', proxy: { code: 'BROKER', error: { code: 'UNEXPECTED', text: 'PONG' } } },
    ],
    [
      'PROXY BROKER TRANSPORT HANDSHAKE IDENTITY',
      {
        code: 'PROXY',
        proxy: { code: 'BROKER', error: { code: 'TRANSPORT', transport: 'HANDSHAKE IDENTITY' } },
      },
    ],
  ]
  for (const [text, error] of lines) test(text, () => assert.equal(errorText(error), text))
})

test('an error is read to its end only', () => {
  const reader = new Reader(utf8Bytes('PROXY BROKER RESPONSE \x01xrest'))
  readError(reader)
  assert.equal(reader.remaining, 4)
})

test('transport errors are their words', () => {
  assert.equal(transportErrorText('HANDSHAKE BAD_AUTH'), 'HANDSHAKE BAD_AUTH')
  assert.equal(parseTransportError(utf8Bytes('NO_AUTH')), 'NO_AUTH')
  for (const text of ['', 'HANDSHAKE', 'no_auth', 'NO_AUTH ', 'TIMEOUT'])
    assert.throws(() => parseTransportError(utf8Bytes(text)), ProtocolError, text)
})

test('the refusals that commands give', () => {
  assert.deepEqual(errAuth, { tag: 'ERR', error: { code: 'AUTH' } })
  assert.deepEqual(errProhibited, { tag: 'ERR', error: { code: 'CMD', reason: 'PROHIBITED' } })
  assert.deepEqual(errInternal, { tag: 'ERR', error: { code: 'INTERNAL' } })
})

test('base64 inside INFO is of the standard alphabet, in links it is bare', () => {
  const bytes = fromHex('fbefff fe')
  assert.equal(base64(bytes), '++///g==')
  assert.equal(bareBase64url(bytes), '--___g')
})
