/** protocol.md 14.2: the form of commands in v18; corrId and entity id are echoed in every line. */
import { describe, test } from 'node:test'
import {
  ACK,
  dhKey,
  KEY,
  type Line,
  NEW,
  randomText,
  SEND,
  signingKey,
  unsigned,
} from '../support/wire.ts'
import { WireRelay } from '../support/wire-relay.ts'

const key = signingKey()
const entity = randomText(24)
const good = NEW({ authKey: key.publicKey, dhKey: dhKey().publicKey })
const keyCommand = KEY(signingKey())
const ack = ACK(randomText(24))

const lines: readonly (readonly [name: string, ...Line, reply: string])[] = [
  ['unknown tag', unsigned, 'bcda', '', 'HELLO', 'ERR CMD UNKNOWN'],
  ['unknown tag, signed and addressed', key, 'bcda', entity, 'HELLO', 'ERR CMD UNKNOWN'],
  ['NEW without parameters', key, 'bcda', '', 'NEW', 'ERR CMD SYNTAX'],
  ['NEW with more', key, 'cdab', '', `${good} more`, 'ERR CMD SYNTAX'],
  ['NEW unsigned', unsigned, 'dabc', '', good, 'ERR CMD NO_AUTH'],
  ['NEW with an entity', key, 'abcd', entity, good, 'ERR CMD HAS_AUTH'],
  ['KEY to an unknown queue', key, 'bcda', entity, keyCommand, 'ERR AUTH'],
  ['KEY without parameters', key, 'cdab', entity, 'KEY', 'ERR CMD SYNTAX'],
  ['KEY with more', key, 'dabc', entity, `${keyCommand} more`, 'ERR CMD SYNTAX'],
  ['KEY unsigned', unsigned, 'abcd', entity, keyCommand, 'ERR CMD NO_AUTH'],
  ['KEY without entity', key, 'bcda', '', keyCommand, 'ERR CMD NO_AUTH'],
  ...['SUB', 'OFF', 'DEL'].flatMap((tag): [string, ...Line, string][] => [
    [`${tag} to an unknown queue`, key, 'bcda', entity, tag, 'ERR AUTH'],
    [`${tag} followed by =`, key, 'cdab', entity, `${tag}=`, 'ERR CMD UNKNOWN'],
    [`${tag} unsigned`, unsigned, 'dabc', entity, tag, 'ERR CMD NO_AUTH'],
    [`${tag} without entity`, key, 'abcd', '', tag, 'ERR CMD NO_AUTH'],
  ]),
  ['SEND to an unknown queue', key, 'bcda', entity, SEND('hello'), 'ERR AUTH'],
  ['SEND unsigned to an unknown queue', unsigned, 'bcda', entity, SEND('hello'), 'ERR AUTH'],
  ['SEND without parameters', key, 'cdab', entity, 'SEND', 'ERR CMD SYNTAX'],
  ['SEND without body', key, 'cdab', entity, 'SEND ', 'ERR CMD SYNTAX'],
  ['SEND without entity', key, 'dabc', '', SEND('hello'), 'ERR CMD NO_ENTITY'],
  ['SEND without entity and signature', unsigned, 'dabc', '', SEND('hello'), 'ERR CMD NO_ENTITY'],
  ['ACK to an unknown queue', key, 'bcda', entity, ack, 'ERR AUTH'],
  ['ACK without parameters', key, 'cdab', entity, 'ACK', 'ERR CMD SYNTAX'],
  ['ACK without entity', key, 'dabc', '', ack, 'ERR CMD NO_AUTH'],
  ['ACK unsigned', unsigned, 'abcd', entity, ack, 'ERR CMD NO_AUTH'],
  ['PING', unsigned, 'dabc', '', 'PING', 'PONG'],
  ['a tag of the server', unsigned, 'bcda', entity, 'OK', 'ERR CMD UNKNOWN'],
  ['an empty command', unsigned, 'bcda', entity, '', 'ERR CMD UNKNOWN'],
]

describe('14.2', () => {
  for (const [name, signer, corrId, entityId, command, reply] of lines)
    test(`${name}: ${reply}`, async () => {
      await using relay = new WireRelay()
      const client = await relay.connect()
      await client.asks([signer, corrId, entityId, command], reply)
      await client.hearsNothing()
    })

  test('all lines in one block are answered in their order', async () => {
    await using relay = new WireRelay()
    const client = await relay.connect()
    client.says(...lines.map(([, ...line]) => line.slice(0, 4) as unknown as Line))
    await client.hears(
      ...lines.map(([, , corrId, entityId, , reply]) => [corrId, entityId, reply] as const),
    )
    await client.hearsNothing()
  })
})
