/** invalid.json through a whole session: what a client hears for what the reference refuses. */
import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { latin1Text } from '../../src/protocol/bytes.ts'
import { Writer } from '../../src/protocol/writer.ts'
import { fromHex, loadVectors } from '../support/vectors.ts'
import { transmissionOf, unsigned } from '../support/wire.ts'
import type { WireClient } from '../support/wire-client.ts'
import { WireRelay } from '../support/wire-relay.ts'

interface Outcome {
  readonly corrId: string
  readonly entityId: string
  readonly error?: string
}

type Line = Outcome & {
  readonly what: string
  readonly version: number
  readonly transmission: string
}

const vectors = loadVectors<{
  readonly sessionId: string
  readonly commands: readonly Line[]
  readonly transmissions: readonly Line[]
  readonly blocks: readonly {
    readonly what: string
    readonly version: number
    readonly content: string
    readonly results: readonly Outcome[]
  }[]
  readonly accepted: readonly Line[]
}>('invalid')

const text = (hex: string): string => latin1Text(fromHex(hex))

const relay = new WireRelay()
after(() => relay.close())

const connect = (version: number): Promise<WireClient> =>
  relay.connect({ version, sessionId: fromHex(vectors.sessionId) })

const saysTransmission = (client: WireClient, hex: string): void => {
  const one = new Writer().u8(1).large(fromHex(hex)).bytes()
  client.saysContent(one)
}

const expectRefusal = async (line: Line): Promise<void> => {
  const client = await connect(line.version)
  saysTransmission(client, line.transmission)
  const { corrId, entityId, error } = line
  await client.hears([text(corrId), text(entityId), `ERR ${error}`])
  await client.hearsNothing()
  // and the session goes on
  await client.asks([unsigned, 'ping', '', 'PING'], 'PONG')
}

const unreadable = /^ERR (BLOCK|SESSION|CMD (UNKNOWN|SYNTAX|NO_AUTH|HAS_AUTH|NO_ENTITY))$/

describe('commands', () => {
  for (const line of vectors.commands)
    test(`${line.what}, v${line.version}: ${line.error}`, () => expectRefusal(line))
})

describe('transmissions', () => {
  for (const line of vectors.transmissions)
    test(`${line.what}, v${line.version}: ${line.error}`, () => expectRefusal(line))
})

describe('blocks', () => {
  for (const { what, version, content, results } of vectors.blocks)
    for (const hasKey of [true, false])
      test(`${what}, in ${hasKey ? 'an encrypted' : 'a plain'} block`, async () => {
        const options = { version, hasKey, sessionId: fromHex(vectors.sessionId) }
        const client = await relay.connect(options)
        assert.equal(client.isEncrypted, hasKey)
        client.saysContent(fromHex(content))
        for (const { corrId, entityId, error } of results) {
          const [heardCorrId, heardEntityId, reply] = await client.next()
          assert.deepEqual([heardCorrId, heardEntityId], [text(corrId), text(entityId)])
          if (error === undefined) assert.doesNotMatch(reply, unreadable)
          else assert.equal(reply, `ERR ${error}`)
        }
        await client.hearsNothing()
      })
})

describe('accepted', () => {
  for (const { what, version, transmission, corrId, entityId } of vectors.accepted)
    test(`${what}, v${version}`, async () => {
      const client = await connect(version)
      saysTransmission(client, transmission)
      const [heardCorrId, heardEntityId, reply] = await client.next()
      assert.deepEqual([heardCorrId, heardEntityId], [text(corrId), text(entityId)])
      assert.doesNotMatch(reply, unreadable)
      await client.hearsNothing()
    })
})

test('a bad transmission does not spoil the others of its block', async () => {
  const client = await connect(18)
  const ping = transmissionOf(client.session, [unsigned, 'corr', '', 'PING'])
  const block = new Writer().u8(3).large(ping).large(Uint8Array.of(0xff)).large(ping)
  client.saysContent(block.bytes())
  await client.hears(['corr', '', 'PONG'], ['', '', 'ERR BLOCK'], ['corr', '', 'PONG'])
})
