/** Which of authorization and entity each command must have (SMP, table of 5.4). */
import { nativeCrypto as crypto } from '../../crypto/native.ts'
import type { Command, Tag } from '../../protocol/command.ts'
import type { Check } from '../check.ts'
import {
  ACK,
  dhKey,
  KEY,
  LKEY,
  LSET,
  RKEY,
  SEND,
  SKEY,
  signingKey,
  unknownId,
  unknownLink,
  unknownMessage,
} from '../commands.ts'
import type { Expected } from '../line.ts'
import { PRXY } from '../relay.ts'

/** What comes back with authorization and entity, with one of them, and with none. */
interface Answers {
  /** Absent: not asked, as the command would do something. */
  readonly both?: Expected
  readonly authorization?: Expected
  readonly entity?: Expected
  readonly none?: Expected
}

const NO_AUTH = 'ERR CMD NO_AUTH'
const HAS_AUTH = 'ERR CMD HAS_AUTH'
const NO_ENTITY = 'ERR CMD NO_ENTITY'
const AUTH = 'ERR AUTH'

/** Every queue is unknown, so good credentials are refused with AUTH. */
const queueCommand: Answers = { both: AUTH, authorization: NO_AUTH, entity: NO_AUTH, none: NO_AUTH }
const serviceCommand: Answers = { ...queueCommand, both: 'ERR SERVICE' }
const onlyEntity: Answers = { both: HAS_AUTH, authorization: NO_ENTITY, none: NO_ENTITY }
const neither: Answers = { both: HAS_AUTH, authorization: HAS_AUTH, entity: HAS_AUTH }

interface Row {
  readonly tag: Tag
  /** Signed by this key where it is signed. */
  readonly command: (key: ReturnType<typeof signingKey>) => Command
  readonly answers: Answers
}

const plain = (
  tag: 'SUB' | 'SUBS' | 'LDEL' | 'NDEL' | 'GET' | 'OFF' | 'DEL' | 'QUE' | 'NSUB' | 'NSUBS',
) => ({ tag, command: () => ({ tag }), answers: queueCommand }) satisfies Row

const nowhere = { hosts: ['nowhere.invalid'], port: '1', keyHash: new Uint8Array(32) } as const

/** In the order of the table of commands: the place is the number of the check. */
const rows: readonly Row[] = [
  {
    tag: 'NEW',
    command: (key) => ({
      tag: 'NEW',
      authKey: key.publicKey,
      dhKey: dhKey().publicKey,
      subscribe: false,
    }),
    answers: { both: HAS_AUTH, entity: NO_AUTH, none: NO_AUTH },
  },
  plain('SUB'),
  { ...plain('SUBS'), answers: serviceCommand },
  { tag: 'KEY', command: () => KEY(signingKey()), answers: queueCommand },
  { tag: 'RKEY', command: () => RKEY(signingKey()), answers: queueCommand },
  { tag: 'LSET', command: () => LSET(unknownLink(), 'fixed', 'user'), answers: queueCommand },
  plain('LDEL'),
  {
    tag: 'NKEY',
    command: () => ({
      tag: 'NKEY',
      authKey: signingKey().publicKey,
      dhKey: dhKey().publicKey,
    }),
    answers: queueCommand,
  },
  plain('NDEL'),
  plain('GET'),
  { tag: 'ACK', command: () => ACK(unknownMessage()), answers: queueCommand },
  plain('OFF'),
  plain('DEL'),
  plain('QUE'),
  { tag: 'SKEY', command: SKEY, answers: queueCommand },
  {
    tag: 'SEND',
    command: () => SEND('hello'),
    answers: { both: AUTH, authorization: NO_ENTITY, entity: AUTH, none: NO_ENTITY },
  },
  { tag: 'LKEY', command: LKEY, answers: queueCommand },
  { tag: 'LGET', command: () => ({ tag: 'LGET' }), answers: { ...onlyEntity, entity: AUTH } },
  plain('NSUB'),
  { ...plain('NSUBS'), answers: serviceCommand },
  { tag: 'PING', command: () => ({ tag: 'PING' }), answers: { ...neither, none: 'PONG' } },
  { tag: 'PRXY', command: () => PRXY(nowhere), answers: neither },
  {
    tag: 'PFWD',
    command: () => ({
      tag: 'PFWD',
      version: 17,
      key: dhKey().publicKey,
      transmission: crypto.randomBytes(1000),
    }),
    answers: { ...onlyEntity, entity: 'ERR PROXY NO_SESSION' },
  },
  {
    tag: 'RFWD',
    command: () => ({ tag: 'RFWD', transmission: crypto.randomBytes(100) }),
    answers: neither,
  },
]

const kinds = [
  ['both', true, true],
  ['authorization', true, false],
  ['entity', false, true],
  ['none', false, false],
] as const

export const credentialChecks: readonly Check[] = rows.map(
  ({ tag, command, answers }, index): Check => ({
    id: `SMP-C-${String(index + 1).padStart(3, '0')}`,
    title: `${tag} with and without authorization and entity`,
    section: '5.4',
    async run(scene) {
      const peer = await scene.connect('client')
      for (const [kind, hasAuthorization, hasEntity] of kinds) {
        const expected = answers[kind]
        const key = signingKey()
        const entity = hasEntity ? unknownId() : ''
        if (expected !== undefined)
          await peer.expect([hasAuthorization ? key : undefined, entity, command(key)], expected)
      }
    },
  }),
)
