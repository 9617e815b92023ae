/** NEW in each of its forms (SMP, "Create queue command"; protocol.md 6.3). */
import type { Command } from '../../../src/protocol/command.ts'
import { senderIdOf } from '../../../src/protocol/ids.ts'
import {
  type Case,
  ed448Hex,
  ed448Key,
  ed25519Hex,
  ed25519Key,
  fill,
  linkHex,
  linkId,
  senderHex,
  senderId,
  word,
  x25519Hex,
  x25519Key,
} from './case.ts'

const NEW = `${word('NEW ')} ${ed25519Hex} ${x25519Hex}`
const keys = { tag: 'NEW', authKey: ed25519Key, dhKey: x25519Key } as const

/** LG(fixed) LG(user) */
const contentHex = '0003 f1f2f3  0002 c1c2'
const content = { fixed: Uint8Array.of(0xf1, 0xf2, 0xf3), user: Uint8Array.of(0xc1, 0xc2) }

export const newCases: readonly Case<Command>[] = [
  {
    name: 'NEW subscribed',
    version: 6,
    hex: `${NEW} ${word('S')}`,
    value: { ...keys, subscribe: true },
  },
  {
    name: 'NEW only created, with a password',
    version: 8,
    hex: `${NEW} ${word('A')} 02 ${word('pw')} ${word('C')}`,
    value: { ...keys, password: 'pw', subscribe: false },
  },
  {
    name: 'NEW that its sender can secure',
    version: 9,
    hex: `${NEW} ${word('0')} ${word('S')} ${word('T')}`,
    value: { ...keys, subscribe: true, request: { mode: 'messaging' } },
  },
  {
    name: 'NEW that its sender cannot secure, with a password',
    version: 14,
    hex: `${NEW} ${word('1')} 02 ${word('pw')} ${word('C')} ${word('F')}`,
    value: { ...keys, password: 'pw', subscribe: false, request: { mode: 'contact' } },
  },
  {
    name: 'NEW without a mode',
    version: 15,
    hex: `${NEW} ${word('0')} ${word('S')} ${word('0')}`,
    value: { ...keys, subscribe: true },
  },
  {
    name: 'NEW messaging without a link',
    version: 15,
    hex: `${NEW} ${word('0')} ${word('S')} ${word('1M0')}`,
    value: { ...keys, subscribe: true, request: { mode: 'messaging' } },
  },
  {
    name: 'NEW messaging with a link',
    version: 16,
    hex: `${NEW} ${word('0')} ${word('S')} ${word('1M1')} ${senderHex} ${contentHex}`,
    value: {
      ...keys,
      subscribe: true,
      request: { mode: 'messaging', link: { senderId, ...content } },
    },
  },
  {
    name: 'NEW contact with a link, without a notifier',
    version: 17,
    hex: `${NEW} ${word('0S')} ${word('1C1')} ${linkHex} ${senderHex} ${contentHex} ${word('0')}`,
    value: {
      ...keys,
      subscribe: true,
      request: { mode: 'contact', link: { linkId, senderId, ...content } },
    },
  },
  {
    name: 'NEW with the least',
    version: 18,
    hex: `${NEW} ${word('0')} ${word('S')} ${word('0')} ${word('0')}`,
    value: { ...keys, subscribe: true },
  },
  {
    name: 'NEW with an empty password and empty link fields',
    version: 18,
    hex: `${NEW} ${word('1')} 00 ${word('C')} ${word('1M1')} 00 0000 0000 ${word('0')}`,
    value: {
      ...keys,
      password: '',
      subscribe: false,
      request: {
        mode: 'messaging',
        link: { senderId: senderIdOf(fill(0, 0)), fixed: fill(0, 0), user: fill(0, 0) },
      },
    },
  },
  {
    name: 'NEW contact with a notifier',
    version: 18,
    hex: `${NEW} ${word('0S')} ${word('1C0')} ${word('1')} ${ed448Hex} ${x25519Hex}`,
    value: {
      ...keys,
      subscribe: true,
      request: { mode: 'contact' },
      notifier: { authKey: ed448Key, dhKey: x25519Key },
    },
  },
]
