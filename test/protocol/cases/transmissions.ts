/** Transmissions (protocol.md 5.1): their fields, before the command is looked at. */
import { noBytes } from '../../../src/protocol/bytes.ts'
import { noEntity, recipientIdOf } from '../../../src/protocol/ids.ts'
import type { Transmission } from '../../../src/protocol/transmission.ts'
import { fromHex } from '../../support/vectors.ts'
import {
  type Case,
  correlationHex,
  correlationId,
  fill,
  recipientHex,
  recipientId,
  sessionId,
  sessionIdHex,
  word,
} from './case.ts'

const signatureHex = `40 ${'51'.repeat(64)}`
const serviceHex = `40 ${'52'.repeat(64)}`
const signature = fill(0x51, 64)
const SUB = `${correlationHex} ${recipientHex} ${word('SUB')}`
const PING = `${correlationHex} 00 ${word('PING')}`

const sub = {
  sessionId: noBytes,
  correlationId,
  entityId: recipientId,
  command: fromHex(word('SUB')),
  tail: fromHex(SUB),
}
const ping = {
  sessionId: noBytes,
  correlationId,
  entityId: noEntity,
  command: fromHex(word('PING')),
  tail: fromHex(PING),
}

export const transmissionCases: readonly Case<Transmission>[] = [
  {
    name: 'unsigned',
    version: 18,
    hex: `00 ${PING}`,
    value: { authorization: noBytes, ...ping },
    tail: 27,
  },
  {
    name: 'unsigned, with its session id',
    version: 6,
    hex: `00 20 ${sessionIdHex} ${PING}`,
    value: { authorization: noBytes, ...ping, sessionId },
    tail: 60,
  },
  {
    name: 'signed, with its session id',
    version: 6,
    hex: `${signatureHex} 20 ${sessionIdHex} ${SUB}`,
    value: { authorization: signature, ...sub, sessionId },
    tail: 148,
  },
  {
    name: 'signed',
    version: 15,
    hex: `${signatureHex} ${SUB}`,
    value: { authorization: signature, ...sub },
    tail: 115,
  },
  {
    name: 'signed, of a client that is no service',
    version: 16,
    hex: `${signatureHex} ${word('0')} ${SUB}`,
    value: { authorization: signature, ...sub },
    tail: 116,
  },
  {
    name: 'signed twice, of a service',
    version: 18,
    hex: `${signatureHex} ${word('1')} ${serviceHex} ${SUB}`,
    value: { authorization: signature, serviceSignature: fill(0x52, 64), ...sub },
    tail: 181,
  },
  {
    name: 'with an Ed448 signature',
    version: 7,
    hex: `72 ${'51'.repeat(114)} ${SUB}`,
    value: { authorization: fill(0x51, 114), ...sub },
    tail: 165,
  },
  {
    name: 'with an authenticator',
    version: 18,
    hex: `50 ${'51'.repeat(80)} ${word('0')} ${SUB}`,
    value: { authorization: fill(0x51, 80), ...sub },
    tail: 132,
  },
  {
    name: 'an event, without a correlation id',
    version: 18,
    hex: `00 00 ${recipientHex} ${word('END')}`,
    value: {
      authorization: noBytes,
      sessionId: noBytes,
      correlationId: noBytes,
      entityId: recipientId,
      command: fromHex(word('END')),
      tail: fromHex(`00 ${recipientHex} ${word('END')}`),
    },
    tail: 27,
  },
  {
    name: 'with ids of one byte and no command',
    version: 18,
    hex: '00 01c0 01a1',
    value: {
      authorization: noBytes,
      sessionId: noBytes,
      correlationId: Uint8Array.of(0xc0),
      entityId: recipientIdOf(Uint8Array.of(0xa1)),
      command: noBytes,
      tail: fromHex('01c0 01a1'),
    },
    tail: 5,
  },
]
