/** The other responses and the events (protocol.md 6.7). */
import { DELD, END, OK, PONG, type Reply } from '../../../src/protocol/reply.ts'
import {
  type Case,
  fill,
  messageHex,
  messageId,
  notifierHex,
  notifierId,
  senderHex,
  senderId,
  serviceHex,
  serviceId,
  sessionId,
  sessionIdHex,
  word,
  x25519Hex,
  x25519Key,
} from './case.ts'

const bytes = (...values: readonly number[]) => Uint8Array.from(values)
const info = '{"qiSnd":true,"qiNtf":false,"qiSize":0}'

export const plainCases: readonly Case<Reply>[] = [
  { name: 'OK', version: 18, hex: word('OK'), value: OK },
  { name: 'OK', version: 6, hex: word('OK'), value: OK },
  { name: 'PONG', version: 18, hex: word('PONG'), value: PONG },
  { name: 'END', version: 6, hex: word('END'), value: END },
  { name: 'DELD', version: 10, hex: word('DELD'), value: DELD },
  { name: 'SOK', version: 16, hex: word('SOK 0'), value: { tag: 'SOK' } },
  {
    name: 'SOK of a service',
    version: 18,
    hex: `${word('SOK 1')} ${serviceHex}`,
    value: { tag: 'SOK', serviceId },
  },
  {
    name: 'SOKS',
    version: 18,
    hex: `${word('SOKS ')} 000000000000012c`,
    value: { tag: 'SOKS', count: 300n },
  },
  {
    name: 'ENDS',
    version: 16,
    hex: `${word('ENDS ')} 7fffffffffffffff`,
    value: { tag: 'ENDS', count: 0x7fffffffffffffffn },
    // cut to three letters it is END
    cuts: [3],
  },
]

export const dataCases: readonly Case<Reply>[] = [
  {
    name: 'LNK',
    version: 15,
    hex: `${word('LNK ')} ${senderHex} 0003 f1f2f3 0002 c1c2`,
    value: { tag: 'LNK', senderId, fixed: bytes(0xf1, 0xf2, 0xf3), user: bytes(0xc1, 0xc2) },
  },
  {
    name: 'MSG',
    version: 18,
    hex: `${word('MSG ')} ${messageHex} e1e2e3`,
    value: { tag: 'MSG', messageId, body: bytes(0xe1, 0xe2, 0xe3) },
    tail: 29,
  },
  {
    name: 'NID',
    version: 6,
    hex: `${word('NID ')} ${notifierHex} ${x25519Hex}`,
    value: { tag: 'NID', notifierId, serverDhKey: x25519Key },
  },
  {
    name: 'NMSG',
    version: 6,
    // the nonce has no length
    hex: `${word('NMSG ')} ${'0e'.repeat(24)} 04 e1e2e3e4`,
    value: { tag: 'NMSG', nonce: fill(0x0e, 24), meta: bytes(0xe1, 0xe2, 0xe3, 0xe4) },
  },
  {
    name: 'PKEY',
    version: 8,
    hex: `${word('PKEY ')} 20 ${sessionIdHex} 0008 0011 02 0002 c1c1 0001 c2 0003 515253`,
    value: {
      tag: 'PKEY',
      sessionId,
      versions: { min: 8, max: 17 },
      chain: [bytes(0xc1, 0xc1), bytes(0xc2)],
      signedKey: bytes(0x51, 0x52, 0x53),
    },
  },
  {
    name: 'RRES',
    version: 8,
    hex: `${word('RRES ')} e1e2`,
    value: { tag: 'RRES', response: bytes(0xe1, 0xe2) },
    tail: 5,
  },
  {
    name: 'PRES of nothing',
    version: 18,
    hex: word('PRES '),
    value: { tag: 'PRES', response: bytes() },
    tail: 5,
  },
  {
    name: 'INFO',
    version: 18,
    hex: `${word('INFO ')} ${word(info)}`,
    value: { tag: 'INFO', json: info },
  },
]
