/** Handshake messages (protocol.md 3), with short stand-ins for certificates. */
import type { ClientHello, ServerHello, ServiceResponse } from '../../../src/protocol/handshake.ts'
import {
  type Case,
  keyHash,
  keyHashHex,
  serviceHex,
  serviceId,
  sessionId,
  sessionIdHex,
  word,
  x25519Hex,
  x25519Key,
} from './case.ts'

const bytes = (...values: readonly number[]) => Uint8Array.from(values)

/** Two certificates and a signed key. */
const chainHex = '02 0002 c1c1 0001 c2 0003 515253'
const chainAndKey = {
  chain: [bytes(0xc1, 0xc1), bytes(0xc2)] as const,
  signedKey: bytes(0x51, 0x52, 0x53),
} as const

const hello = { prefix: true, lenient: true } as const

export const serverHelloCases: readonly Case<ServerHello>[] = [
  {
    ...hello,
    name: 'server hello without ALPN',
    version: 6,
    hex: `0006 0006 20 ${sessionIdHex}`,
    value: { versions: { min: 6, max: 6 }, sessionId },
  },
  {
    ...hello,
    name: 'server hello',
    version: 18,
    hex: `0006 0012 20 ${sessionIdHex} ${chainHex}`,
    value: { versions: { min: 6, max: 18 }, sessionId, authentication: chainAndKey },
  },
  {
    ...hello,
    name: 'server hello over TLS 1.2, of a later server',
    version: 18,
    hex: `0006 ffff 0c ${'5e'.repeat(12)} ${chainHex}`,
    value: {
      versions: { min: 6, max: 65_535 },
      sessionId: sessionId.subarray(0, 12),
      authentication: chainAndKey,
    },
  },
]

const identity = `20 ${keyHashHex}`

export const clientHelloCases: readonly Case<ClientHello>[] = [
  {
    ...hello,
    name: 'client hello',
    version: 6,
    hex: `0006 ${identity}`,
    value: { version: 6, keyHash, proxyServer: false },
  },
  {
    ...hello,
    name: 'client hello without a key',
    version: 7,
    hex: `0007 ${identity}`,
    value: { version: 7, keyHash, proxyServer: false },
  },
  {
    ...hello,
    name: 'client hello with a key',
    version: 13,
    hex: `000d ${identity} ${x25519Hex}`,
    value: { version: 13, keyHash, sessionKey: x25519Key, proxyServer: false },
    // a key that is cut counts as absent
    tail: 35,
  },
  {
    ...hello,
    name: 'client hello of a proxy',
    version: 14,
    hex: `000e ${identity} ${x25519Hex} ${word('T')}`,
    value: { version: 14, keyHash, sessionKey: x25519Key, proxyServer: true },
  },
  {
    ...hello,
    name: 'client hello, 82 bytes',
    version: 18,
    hex: `0012 ${identity} ${x25519Hex} ${word('F')} ${word('0')}`,
    value: { version: 18, keyHash, sessionKey: x25519Key, proxyServer: false },
  },
  {
    ...hello,
    name: 'client hello without a key',
    version: 18,
    hex: `0012 ${identity} ${word('F')} ${word('0')}`,
    value: { version: 18, keyHash, proxyServer: false },
  },
  ...(['messaging', 'notifier', 'proxy'] as const).map((role) => ({
    ...hello,
    name: `client hello of a ${role} service`,
    version: 16,
    hex: `0010 ${identity} ${x25519Hex} ${word('F')}
      ${word('1')} ${word(role.slice(0, 1).toUpperCase())} ${chainHex}`,
    value: {
      version: 16,
      keyHash,
      sessionKey: x25519Key,
      proxyServer: false,
      service: { role, ...chainAndKey },
    },
  })),
]

export const serviceResponseCases: readonly Case<ServiceResponse>[] = [
  {
    name: 'service accepted',
    version: 16,
    hex: `${word('R')} ${serviceHex}`,
    value: { serviceId },
    ...hello,
  },
  {
    name: 'service with a bad signature',
    version: 18,
    hex: word('EHANDSHAKE BAD_AUTH'),
    value: { error: 'HANDSHAKE BAD_AUTH' },
  },
  {
    name: 'service refused',
    version: 18,
    hex: word('EHANDSHAKE BAD_SERVICE'),
    value: { error: 'HANDSHAKE BAD_SERVICE' },
  },
]
