import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ProtocolError, utf8Bytes } from '../../src/protocol/bytes.ts'
import type { Command } from '../../src/protocol/command.ts'
import { decodeCommand, UnknownCommand } from '../../src/protocol/command-decoder.ts'
import { encodeCommand } from '../../src/protocol/command-encoder.ts'
import { fromHex } from '../support/vectors.ts'
import { commandTags } from './arbitraries/commands.ts'
import { type Case, ed25519Hex, keyHashHex, word, x448Hex, x25519Hex } from './cases/case.ts'
import { newCases } from './cases/new.ts'
import { recipientCases } from './cases/recipient.ts'
import { proxyCases, senderCases } from './cases/sender.ts'
import { type Codec, testCodec } from './check-codec.ts'

const codec: Codec<Command> = { decode: decodeCommand, encode: encodeCommand }
const tables: readonly (readonly Case<Command>[])[] = [
  newCases,
  recipientCases,
  senderCases,
  proxyCases,
]

for (const table of tables) testCodec(codec, table)

test('the tables have every command', () => {
  const seen = new Set(tables.flat().map(({ value }) => value.tag))
  assert.deepEqual([...seen].toSorted(), commandTags.toSorted())
})

describe('a word that is no command', () => {
  const words = ['', ' ', 'sub', 'SUB=', 'SUBSUB', 'NSUBSX', 'SUBX', 'OK', 'MSG x', 'END', 'SEND\n']
  const objectKeys = ['constructor', '__proto__', 'toString', 'valueOf x', '__proto__ x']
  for (const text of [...words, ...objectKeys])
    test(JSON.stringify(text), () => {
      assert.throws(() => decodeCommand(utf8Bytes(text), 18), UnknownCommand)
    })
})

describe('a command with bad parameters', () => {
  const refused: readonly (readonly [name: string, hex: string, version?: number])[] = [
    ['KEY without its space', word('KEY')],
    ['SUB with a space', word('SUB ')],
    ['KEY X448', `${word('KEY ')} ${x448Hex}`],
    ['RKEY of no key', `${word('RKEY ')} 00`],
    ['NKEY with an Ed25519 key for DH', `${word('NKEY ')} ${ed25519Hex} ${ed25519Hex}`],
    ['SEND without flags', word('SEND  body')],
    ['SEND with an unknown flag first', word('SEND X body')],
    ['SEND without a space after the flags', word('SEND T')],
    ['NEW with the password marker of v8', `${newHead()} ${word('A')} 02 7077 ${word('S00')}`],
    ['NEW with the password marker of v9', `${newHead()} ${word('1')} 02 7077 ${word('S')}`, 8],
    ['NEW with a space in the password', `${newHead()} ${word('1')} 02 7020 ${word('S00')}`],
    ['NEW with a soft hyphen in the password', `${newHead()} ${word('1')} 01 ad ${word('S00')}`],
    ['NEW of an unknown mode', `${newHead()} ${word('0S1X00')}`],
    ['PRXY of a name in brackets', `${word('PRXY ')} 01 03 ${word('[a]')} ${relayTail()}`],
    ['PRXY of no host', `${word('PRXY ')} 00 ${relayTail()}`],
    ['PRXY of a host outside ASCII', `${word('PRXY ')} 01 01 e9 ${relayTail()}`],
    ['PFWD with an X448 key', `${word('PFWD ')} 0011 ${x448Hex}`],
  ]
  for (const [name, bytes, version = 18] of refused)
    test(name, () => {
      assert.throws(
        () => decodeCommand(fromHex(bytes), version),
        (error) => error instanceof ProtocolError && !(error instanceof UnknownCommand),
      )
    })
})

test('SEND ignores flags of later versions', () => {
  const command = decodeCommand(utf8Bytes('SEND T12345 body'), 18)
  assert.deepEqual(command, { tag: 'SEND', notification: true, body: utf8Bytes('body') })
})

test('link data and keys are copies, since they outlive their block', () => {
  const block = fromHex(`${word('LSET ')} 01a3 0001f1 0001c1`)
  const command = decodeCommand(block, 18)
  block.fill(0)
  assert.ok(command.tag === 'LSET')
  assert.deepEqual([command.fixed, command.user], [Uint8Array.of(0xf1), Uint8Array.of(0xc1)])
})

test('a field that its length cannot count is not written', () => {
  const keys: readonly [] = []
  const tooLong = { hosts: ['a'.repeat(256)] as const, port: '', keyHash: new Uint8Array(32) }
  const link = { linkId: '' as never, user: new Uint8Array(0) }
  assert.throws(() => encodeCommand({ tag: 'RKEY', recipientKeys: keys as never }, 18), RangeError)
  assert.throws(() => encodeCommand({ tag: 'PRXY', server: tooLong }, 18), RangeError)
  assert.throws(
    () => encodeCommand({ tag: 'LSET', ...link, fixed: new Uint8Array(65_536) }, 18),
    RangeError,
  )
})

function newHead(): string {
  return `${word('NEW ')} ${ed25519Hex} ${x25519Hex}`
}

function relayTail(): string {
  return `00 20 ${keyHashHex} ${word('0')}`
}
