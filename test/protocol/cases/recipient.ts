/** Commands of the recipient and its services (protocol.md 6.1, 6.2). */
import type { Command } from '../../../src/protocol/command.ts'
import { linkIdOf } from '../../../src/protocol/ids.ts'
import {
  type Case,
  ed448Hex,
  ed448Key,
  ed25519Hex,
  ed25519Key,
  fill,
  linkHex,
  linkId,
  messageHex,
  messageId,
  noMessageId,
  word,
  x25519Hex,
  x25519Key,
} from './case.ts'

export const recipientCases: readonly Case<Command>[] = [
  { name: 'SUB', version: 18, hex: word('SUB'), value: { tag: 'SUB' } },
  { name: 'SUB', version: 6, hex: word('SUB'), value: { tag: 'SUB' } },
  // cut by its last letter it is SUB
  { name: 'SUBS', version: 18, hex: word('SUBS'), value: { tag: 'SUBS' }, cuts: [3] },
  {
    name: 'KEY Ed25519',
    version: 6,
    hex: `${word('KEY ')} ${ed25519Hex}`,
    value: { tag: 'KEY', senderKey: ed25519Key },
  },
  {
    name: 'KEY Ed448',
    version: 18,
    hex: `${word('KEY ')} ${ed448Hex}`,
    value: { tag: 'KEY', senderKey: ed448Key },
  },
  {
    name: 'KEY X25519',
    version: 18,
    hex: `${word('KEY ')} ${x25519Hex}`,
    value: { tag: 'KEY', senderKey: x25519Key },
  },
  {
    name: 'RKEY with one key',
    version: 15,
    hex: `${word('RKEY ')} 01 ${ed25519Hex}`,
    value: { tag: 'RKEY', recipientKeys: [ed25519Key] },
  },
  {
    name: 'RKEY with a key of each kind',
    version: 18,
    hex: `${word('RKEY ')} 03 ${ed448Hex} ${x25519Hex} ${ed25519Hex}`,
    value: { tag: 'RKEY', recipientKeys: [ed448Key, x25519Key, ed25519Key] },
  },
  {
    name: 'LSET',
    version: 15,
    hex: `${word('LSET ')} ${linkHex} 0003 f1f2f3 0002 c1c2`,
    value: {
      tag: 'LSET',
      linkId,
      fixed: Uint8Array.of(0xf1, 0xf2, 0xf3),
      user: Uint8Array.of(0xc1, 0xc2),
    },
  },
  {
    name: 'LSET of nothing',
    version: 18,
    hex: `${word('LSET ')} 00 0000 0000`,
    value: { tag: 'LSET', linkId: linkIdOf(fill(0, 0)), fixed: fill(0, 0), user: fill(0, 0) },
  },
  {
    name: 'LSET of 256 bytes',
    version: 18,
    hex: `${word('LSET ')} 01ab 0100 ${'f1'.repeat(256)} 0001 c1`,
    value: {
      tag: 'LSET',
      linkId: linkIdOf(fill(0xab, 1)),
      fixed: fill(0xf1, 256),
      user: fill(0xc1, 1),
    },
  },
  { name: 'LDEL', version: 18, hex: word('LDEL'), value: { tag: 'LDEL' } },
  {
    name: 'NKEY',
    version: 6,
    hex: `${word('NKEY ')} ${ed25519Hex} ${x25519Hex}`,
    value: { tag: 'NKEY', authKey: ed25519Key, dhKey: x25519Key },
  },
  {
    name: 'NKEY X25519',
    version: 18,
    hex: `${word('NKEY ')} ${x25519Hex} ${x25519Hex}`,
    value: { tag: 'NKEY', authKey: x25519Key, dhKey: x25519Key },
  },
  { name: 'NDEL', version: 18, hex: word('NDEL'), value: { tag: 'NDEL' } },
  { name: 'GET', version: 18, hex: word('GET'), value: { tag: 'GET' } },
  {
    name: 'ACK',
    version: 18,
    hex: `${word('ACK ')} ${messageHex}`,
    value: { tag: 'ACK', messageId },
  },
  {
    name: 'ACK of whatever was delivered',
    version: 6,
    hex: `${word('ACK ')} 00`,
    value: { tag: 'ACK', messageId: noMessageId },
  },
  { name: 'OFF', version: 18, hex: word('OFF'), value: { tag: 'OFF' } },
  { name: 'DEL', version: 18, hex: word('DEL'), value: { tag: 'DEL' } },
  { name: 'QUE', version: 18, hex: word('QUE'), value: { tag: 'QUE' } },
]
