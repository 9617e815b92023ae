/** The form of commands (SMP, 14.2); correlation id and entity are echoed in every line. */

import { nativeCrypto as crypto } from '../../crypto/native.ts'
import { latin1Text } from '../../protocol/bytes.ts'
import { encodeSpki, type PublicKey } from '../../protocol/keys.ts'
import type { Check } from '../check.ts'
import {
  ACK,
  asText,
  dhKey,
  KEY,
  SEND,
  signingKey,
  unknownId,
  unknownMessage,
} from '../commands.ts'
import type { Expected, Line } from '../line.ts'
import type { Peer } from '../peer.ts'

/** For a peer, as the form of NEW depends on the version. */
type Form = (peer: Peer) => Line

interface Row {
  readonly number: string
  readonly title: string
  readonly form: Form
  readonly expected: Expected
  readonly section?: string
}

const short = (text: string): string => String.fromCharCode(text.length) + text
const spki = (key: PublicKey): string => short(latin1Text(encodeSpki(key)))
const newText = ({ version }: Peer, key = signingKey()): string =>
  asText(
    { tag: 'NEW', authKey: key.publicKey, dhKey: dhKey().publicKey, subscribe: false },
    version,
  )
const keyText = (): string => asText(KEY(signingKey()), 18)
const ackText = (): string => asText(ACK(unknownMessage()), 18)

const signed =
  (command: string | (() => string)): Form =>
  () => [signingKey(), unknownId(), typeof command === 'string' ? command : command()]
const unsigned =
  (command: string | (() => string)): Form =>
  () => [undefined, unknownId(), typeof command === 'string' ? command : command()]
const unaddressed =
  (command: string | (() => string)): Form =>
  () => [signingKey(), '', typeof command === 'string' ? command : command()]

const send = (): string => asText(SEND('hello'), 18)

/** SUB, OFF and DEL have the same lines; `first` is the number of their first one. */
const plain = (tag: string, first: number): readonly Row[] => {
  const number = (at: number): string => String(first + at).padStart(3, '0')
  return [
    {
      number: number(0),
      title: `${tag} to an unknown queue`,
      form: signed(tag),
      expected: 'ERR AUTH',
    },
    {
      number: number(1),
      title: `${tag} followed by =`,
      form: signed(`${tag}=`),
      expected: 'ERR CMD UNKNOWN',
    },
    {
      number: number(2),
      title: `${tag} unsigned`,
      form: unsigned(tag),
      expected: 'ERR CMD NO_AUTH',
    },
    {
      number: number(3),
      title: `${tag} without entity`,
      form: unaddressed(tag),
      expected: 'ERR CMD NO_AUTH',
    },
    {
      number: number(4),
      title: `${tag} with parameters`,
      form: signed(`${tag} x`),
      expected: 'ERR CMD SYNTAX',
      section: '6.1',
    },
  ]
}

const rows: readonly Row[] = [
  {
    number: '001',
    title: 'an unknown tag',
    form: () => [undefined, '', 'HELLO'],
    expected: 'ERR CMD UNKNOWN',
  },
  {
    number: '002',
    title: 'an unknown tag, signed and addressed',
    form: signed('HELLO'),
    expected: 'ERR CMD UNKNOWN',
  },
  {
    number: '003',
    title: 'an empty command',
    form: unsigned(''),
    expected: ['ERR CMD UNKNOWN', 'ERR CMD SYNTAX'],
  },
  {
    number: '004',
    title: 'a tag of the server',
    form: unsigned('OK'),
    expected: 'ERR CMD UNKNOWN',
  },
  { number: '005', title: 'PING', form: () => [undefined, '', 'PING'], expected: 'PONG' },
  {
    number: '011',
    title: 'NEW without parameters',
    form: unaddressed('NEW'),
    expected: 'ERR CMD SYNTAX',
  },
  {
    number: '012',
    title: 'NEW with bytes left over',
    form: (peer) => [signingKey(), '', `${newText(peer)} more`],
    expected: 'ERR CMD SYNTAX',
  },
  {
    number: '013',
    title: 'NEW unsigned',
    form: (peer) => [undefined, '', newText(peer)],
    expected: 'ERR CMD NO_AUTH',
  },
  {
    number: '014',
    title: 'NEW with an entity',
    form: (peer) => [signingKey(), unknownId(), newText(peer)],
    expected: 'ERR CMD HAS_AUTH',
  },
  { number: '021', title: 'KEY to an unknown queue', form: signed(keyText), expected: 'ERR AUTH' },
  {
    number: '022',
    title: 'KEY without parameters',
    form: signed('KEY'),
    expected: 'ERR CMD SYNTAX',
  },
  {
    number: '023',
    title: 'KEY with bytes left over',
    form: signed(() => `${keyText()} more`),
    expected: 'ERR CMD SYNTAX',
  },
  { number: '024', title: 'KEY unsigned', form: unsigned(keyText), expected: 'ERR CMD NO_AUTH' },
  {
    number: '025',
    title: 'KEY without entity',
    form: unaddressed(keyText),
    expected: 'ERR CMD NO_AUTH',
  },
  {
    number: '026',
    title: 'KEY with a key that cannot authorise (X448)',
    form: signed(() => `KEY ${spki({ algorithm: 'X448', raw: crypto.randomBytes(56) })}`),
    expected: 'ERR CMD SYNTAX',
    section: '1',
  },
  {
    number: '027',
    title: 'KEY with half a key',
    form: signed(() => `KEY ${short('half')}`),
    expected: 'ERR CMD SYNTAX',
    section: '1',
  },
  ...plain('SUB', 31),
  ...plain('OFF', 41),
  ...plain('DEL', 51),
  { number: '061', title: 'SEND to an unknown queue', form: signed(send), expected: 'ERR AUTH' },
  {
    number: '062',
    title: 'SEND unsigned to an unknown queue',
    form: unsigned(send),
    expected: 'ERR AUTH',
  },
  {
    number: '063',
    title: 'SEND without parameters',
    form: signed('SEND'),
    expected: 'ERR CMD SYNTAX',
  },
  { number: '064', title: 'SEND without flags', form: signed('SEND '), expected: 'ERR CMD SYNTAX' },
  {
    number: '065',
    title: 'SEND without entity',
    form: unaddressed(send),
    expected: 'ERR CMD NO_ENTITY',
  },
  {
    number: '066',
    title: 'SEND without entity and signature',
    form: () => [undefined, '', send()],
    expected: 'ERR CMD NO_ENTITY',
  },
  { number: '071', title: 'ACK to an unknown queue', form: signed(ackText), expected: 'ERR AUTH' },
  {
    number: '072',
    title: 'ACK without parameters',
    form: signed('ACK'),
    expected: 'ERR CMD SYNTAX',
  },
  {
    number: '073',
    title: 'ACK without entity',
    form: unaddressed(ackText),
    expected: 'ERR CMD NO_AUTH',
  },
  { number: '074', title: 'ACK unsigned', form: unsigned(ackText), expected: 'ERR CMD NO_AUTH' },
]

const expectedText = (expected: Expected): string =>
  typeof expected === 'string' ? expected : expected.join(' or ')

export const syntaxChecks: readonly Check[] = rows.map(
  ({ number, title, form, expected, section = '14.2' }): Check => ({
    id: `SMP-S-${number}`,
    title: `${title}: ${expectedText(expected)}`,
    section,
    async run(scene) {
      const peer = await scene.connect('client')
      await peer.expect(form(peer), expected)
      await peer.expect([undefined, '', 'PING'], 'PONG')
    },
  }),
)
