/** SubjectPublicKeyInfo and signed keys (protocol.md 1 and 3.3). */
import type { PublicKey } from '../../../src/protocol/keys.ts'
import {
  type Case,
  ed448Hex,
  ed448Key,
  ed25519Hex,
  ed25519Key,
  fill,
  x448Hex,
  x448Key,
  x25519Hex,
  x25519Key,
} from './case.ts'

/** Without the length byte of `SS`. */
const der = (short: string): string => short.slice(3)

export const spkiCases: readonly Case<PublicKey>[] = [
  { name: 'X25519', version: 18, hex: der(x25519Hex), value: x25519Key },
  { name: 'X448', version: 18, hex: der(x448Hex), value: x448Key },
  { name: 'Ed25519', version: 18, hex: der(ed25519Hex), value: ed25519Key },
  { name: 'Ed448', version: 18, hex: der(ed448Hex), value: ed448Key },
]

export interface SignedKey {
  readonly key: PublicKey
  /** What is signed: the key in one extra SEQUENCE. */
  readonly content: Uint8Array
  readonly signature: Uint8Array
}

const bytes = (text: string) => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'))
const x25519Content = `30 2c ${der(x25519Hex)}`
const ed25519Content = `30 2c ${der(ed25519Hex)}`

export const signedKeyCases: readonly Case<SignedKey>[] = [
  {
    name: 'X25519 key signed with Ed25519, 122 bytes',
    version: 18,
    hex: `30 78 ${x25519Content} 300506032b6570 03 41 00 ${'51'.repeat(64)}`,
    value: { key: x25519Key, content: bytes(x25519Content), signature: fill(0x51, 64) },
  },
  {
    name: 'X25519 key signed with Ed448, 173 bytes',
    version: 18,
    hex: `30 81aa ${x25519Content} 300506032b6571 03 73 00 ${'51'.repeat(114)}`,
    value: { key: x25519Key, content: bytes(x25519Content), signature: fill(0x51, 114) },
  },
  {
    name: 'Ed25519 key of a service',
    version: 18,
    hex: `30 78 ${ed25519Content} 300506032b6570 03 41 00 ${'51'.repeat(64)}`,
    value: { key: ed25519Key, content: bytes(ed25519Content), signature: fill(0x51, 64) },
  },
]
