/** Commands of senders, notifiers, proxies and of nobody (protocol.md 6.1, 6.4 to 6.6, 9). */
import type { Command } from '../../../src/protocol/command.ts'
import {
  type Case,
  ed448Hex,
  ed448Key,
  ed25519Hex,
  ed25519Key,
  fill,
  keyHash,
  keyHashHex,
  word,
  x25519Hex,
  x25519Key,
} from './case.ts'

const bytes = (text: string) => Uint8Array.from(Buffer.from(text, 'ascii'))

export const senderCases: readonly Case<Command>[] = [
  {
    name: 'SKEY',
    version: 9,
    hex: `${word('SKEY ')} ${ed25519Hex}`,
    value: { tag: 'SKEY', senderKey: ed25519Key },
  },
  {
    name: 'SKEY X25519, before its version',
    version: 6,
    hex: `${word('SKEY ')} ${x25519Hex}`,
    value: { tag: 'SKEY', senderKey: x25519Key },
  },
  {
    name: 'SEND',
    version: 18,
    hex: `${word('SEND ')} ${word('F ')} ${word('hi')}`,
    value: { tag: 'SEND', notification: false, body: bytes('hi') },
    tail: 7,
  },
  {
    name: 'SEND with notification',
    version: 6,
    hex: `${word('SEND ')} ${word('T ')} ${word('hi')}`,
    value: { tag: 'SEND', notification: true, body: bytes('hi') },
    tail: 7,
  },
  {
    name: 'SEND of nothing',
    version: 18,
    hex: `${word('SEND ')} ${word('F ')}`,
    value: { tag: 'SEND', notification: false, body: fill(0, 0) },
    tail: 7,
  },
  {
    name: 'SEND of text with spaces',
    version: 18,
    hex: `${word('SEND ')} ${word('F ')} ${word(' a b')}`,
    value: { tag: 'SEND', notification: false, body: bytes(' a b') },
    tail: 7,
    lenient: true,
  },
  {
    name: 'LKEY',
    version: 15,
    hex: `${word('LKEY ')} ${ed448Hex}`,
    value: { tag: 'LKEY', senderKey: ed448Key },
  },
  { name: 'LGET', version: 15, hex: word('LGET'), value: { tag: 'LGET' } },
  { name: 'NSUB', version: 18, hex: word('NSUB'), value: { tag: 'NSUB' } },
  // cut by its last letter it is NSUB
  { name: 'NSUBS', version: 18, hex: word('NSUBS'), value: { tag: 'NSUBS' }, cuts: [4] },
  { name: 'PING', version: 18, hex: word('PING'), value: { tag: 'PING' } },
  { name: 'PING', version: 6, hex: word('PING'), value: { tag: 'PING' } },
]

export const proxyCases: readonly Case<Command>[] = [
  {
    name: 'PRXY',
    version: 8,
    hex: `${word('PRXY ')} 01 07 ${word('a.relay')} 04 ${word('5223')} 20 ${keyHashHex} ${word('0')}`,
    value: { tag: 'PRXY', server: { hosts: ['a.relay'], port: '5223', keyHash } },
  },
  {
    name: 'PRXY of three hosts without a port, with a password',
    version: 18,
    hex: `${word('PRXY ')}
      03 07 ${word('a.relay')} 08 ${word('10.0.0.1')} 03 ${word('::1')}
      00 20 ${keyHashHex} ${word('1')} 02 ${word('pw')}`,
    value: {
      tag: 'PRXY',
      server: { hosts: ['a.relay', '10.0.0.1', '::1'], port: '', keyHash },
      password: 'pw',
    },
  },
  {
    name: 'PRXY of an IPv6 host in brackets',
    version: 18,
    hex: `${word('PRXY ')} 01 05 ${word('[::1]')} 00 20 ${keyHashHex} ${word('0')}`,
    encoded: `${word('PRXY ')} 01 03 ${word('::1')} 00 20 ${keyHashHex} ${word('0')}`,
    value: { tag: 'PRXY', server: { hosts: ['::1'], port: '', keyHash } },
    lenient: true,
  },
  {
    name: 'PFWD',
    version: 18,
    hex: `${word('PFWD ')} 0011 ${x25519Hex} e1e2e3`,
    value: {
      tag: 'PFWD',
      version: 17,
      key: x25519Key,
      transmission: Uint8Array.of(0xe1, 0xe2, 0xe3),
    },
    tail: 52,
  },
  {
    name: 'RFWD',
    version: 8,
    hex: `${word('RFWD ')} e1e2e3`,
    value: { tag: 'RFWD', transmission: Uint8Array.of(0xe1, 0xe2, 0xe3) },
    tail: 5,
  },
  {
    name: 'RFWD of nothing',
    version: 18,
    hex: word('RFWD '),
    value: { tag: 'RFWD', transmission: fill(0, 0) },
    tail: 5,
  },
]
