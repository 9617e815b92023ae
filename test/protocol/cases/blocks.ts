/** Contents of blocks as in protocol.md 5.6, version 18, and what they say. */
import type { Command } from '../../../src/protocol/command.ts'
import { type EntityId, noEntity } from '../../../src/protocol/ids.ts'
import { END, PONG, type Reply, refusal } from '../../../src/protocol/reply.ts'
import { correlationHex, correlationId, fill, recipientHex, recipientId, word } from './case.ts'

interface Example<T> {
  readonly name: string
  readonly hex: string
  readonly correlationId: Uint8Array
  readonly entityId: EntityId
  readonly says: T
  readonly authorization?: Uint8Array
  readonly serviceSignature?: Uint8Array
}

const toQueue = { correlationId, entityId: recipientId }
const signatureHex = `40 ${'51'.repeat(64)}`
const authorization = fill(0x51, 64)

export const requests: readonly Example<Command>[] = [
  {
    name: 'PING',
    hex: `01 001f 00 ${correlationHex} 00 ${word('PING')}`,
    correlationId,
    entityId: noEntity,
    says: { tag: 'PING' },
  },
  {
    name: 'SUB, Ed25519',
    hex: `01 0077 ${signatureHex} ${word('0')} ${correlationHex} ${recipientHex} ${word('SUB')}`,
    ...toQueue,
    authorization,
    says: { tag: 'SUB' },
  },
  {
    name: 'SUB in a service session',
    hex: `01 00b8 ${signatureHex} ${word('1')} 40 ${'52'.repeat(64)}
      ${correlationHex} ${recipientHex} ${word('SUB')}`,
    ...toQueue,
    authorization,
    serviceSignature: fill(0x52, 64),
    says: { tag: 'SUB' },
  },
  {
    name: 'unsigned SEND, no notification, body "hi"',
    hex: `01 003c 00 ${correlationHex} ${recipientHex} 53454e44 20 46 20 6869`,
    ...toQueue,
    says: { tag: 'SEND', notification: false, body: Uint8Array.of(0x68, 0x69) },
  },
]

export const responses: readonly Example<Reply>[] = [
  {
    name: 'PONG',
    hex: `01 001f 00 ${correlationHex} 00 504f4e47`,
    correlationId,
    entityId: noEntity,
    says: PONG,
  },
  {
    name: 'SOK without service',
    hex: `01 0038 00 ${correlationHex} ${recipientHex} 534f4b 20 30`,
    ...toQueue,
    says: { tag: 'SOK' },
  },
  {
    name: 'END event',
    hex: `01 001e 00 00 ${recipientHex} 454e44`,
    correlationId: fill(0, 0),
    entityId: recipientId,
    says: END,
  },
  {
    name: 'ERR AUTH for the SUB',
    hex: `01 003b 00 ${correlationHex} ${recipientHex} 455252 20 41555448`,
    ...toQueue,
    says: refusal({ code: 'AUTH' }),
  },
  {
    name: 'block error',
    hex: '01 000c 00 00 00 455252 20 424c4f434b',
    correlationId: fill(0, 0),
    entityId: noEntity,
    says: refusal({ code: 'BLOCK' }),
  },
]
