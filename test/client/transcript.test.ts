/** A session recorded with the reference server, replayed: the client sends the same blocks. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { openConnection, type SmpConnection } from '../../src/client/connection.ts'
import { openMessage } from '../../src/crypto/message-box.ts'
import { nativeCrypto } from '../../src/crypto/native.ts'
import type { CryptoProvider, KeyPair, PrivateKey } from '../../src/crypto/provider.ts'
import { verifyServerChain } from '../../src/identity/chain.ts'
import { parseServerAddress } from '../../src/protocol/address.ts'
import { BLOCK_BYTES } from '../../src/protocol/block.ts'
import { type Bytes, concatBytes } from '../../src/protocol/bytes.ts'
import { decodeCommand } from '../../src/protocol/command-decoder.ts'
import { entityIdOf, idBytes } from '../../src/protocol/ids.ts'
import { pad } from '../../src/protocol/padding.ts'
import { encodeReply } from '../../src/protocol/reply-encoder.ts'
import { expectBytes, fromHex, hex, loadVectors, type VectorKey } from '../support/vectors.ts'
import { keyPairOf } from './support/keys.ts'
import { makeTransportPair, type ServerEnd } from './support/memory-transport.ts'
import { next } from './support/next.ts'

interface Transmission {
  readonly authorization: string
  readonly corrId: string
  readonly entityId: string
  readonly tag: string
  readonly command: string
  readonly msgId?: string
  readonly decrypted?: string
}

interface Recorded {
  readonly connection: string
  readonly from: 'client' | 'server'
  readonly kind: 'handshake' | 'transmissions'
  readonly content: string
  readonly block: string
  readonly transmissions: readonly Transmission[]
}

interface Transcript {
  readonly serverAddress: string
  readonly keys: Readonly<Record<string, VectorKey>>
  readonly connections: readonly {
    readonly name: string
    readonly version: number
    readonly sessionId: string
    readonly clientKey: string
    readonly secret: string
    readonly serverChain: readonly string[]
  }[]
  readonly messageSecret: string
  readonly blocks: readonly Recorded[]
}

const transcript = loadVectors<Transcript>('transcript')
const { keyHash } = parseServerAddress(transcript.serverAddress)
const recordedAt = new Date('2026-11-23T00:00:00Z')

const vectorKey = (name: string): VectorKey => transcript.keys[name] ?? assert.fail(name)

const keyFor = ({ authorization, tag }: Transmission): PrivateKey | undefined => {
  if (authorization === '') return undefined
  return tag === 'SKEY' || tag === 'SEND'
    ? keyPairOf(vectorKey('transcript sender'), 'X25519').privateKey
    : keyPairOf(vectorKey('transcript recipient'), 'Ed25519').privateKey
}

/** Makes the session key of the recording instead of a new one. */
const withSessionKey = (key: KeyPair<'X25519'>): CryptoProvider => ({
  ...nativeCrypto,
  generateKeyPair: ((algorithm: string) => {
    assert.equal(algorithm, 'X25519')
    return key
  }) as unknown as CryptoProvider['generateKeyPair'],
})

interface Replay {
  readonly connection: SmpConnection
  readonly end: ServerEnd
}

const startReplay = async (name: string): Promise<Replay> => {
  const recorded = transcript.connections.find((one) => one.name === name)
  assert.ok(recorded)
  const sessionId = fromHex(recorded.sessionId)
  const pair = makeTransportPair({ sessionId, chain: recorded.serverChain.map(fromHex) })
  const hellos = transcript.blocks.filter(
    (block) => block.connection === name && block.kind === 'handshake',
  )
  assert.deepEqual(
    hellos.map(({ from }) => from),
    ['server', 'client'],
  )
  const [serverHello, clientHello] = hellos.map(({ content }) => pad(fromHex(content), BLOCK_BYTES))
  pair.server.send(serverHello ?? assert.fail())
  const connection = await openConnection(pair.client, {
    keyHash,
    crypto: withSessionKey(keyPairOf(vectorKey(recorded.clientKey), 'X25519')),
    verifyChain: (chain, hash) => verifyServerChain(chain, hash, recordedAt),
  })
  expectBytes(await next(pair.server.received), hex(clientHello ?? assert.fail()))
  assert.equal(connection.version, recorded.version)
  expectBytes(connection.session.secret, recorded.secret)
  return { connection, end: pair.server }
}

const checkMessage = ({ msgId, decrypted }: Transmission, body: Bytes): void => {
  assert.ok(msgId !== undefined && decrypted !== undefined)
  const key = { secret: fromHex(transcript.messageSecret), messageId: fromHex(msgId) }
  const message = openMessage(nativeCrypto, key, body)
  assert.ok(message.tag === 'message')
  const { timestamp, notification, body: text } = message
  const time = new DataView(new ArrayBuffer(8))
  time.setBigInt64(0, BigInt(timestamp))
  const head = concatBytes(new Uint8Array(time.buffer), Buffer.from(notification ? 'T ' : 'F '))
  expectBytes(concatBytes(head, text), decrypted)
}

describe('the recorded session', () => {
  it('is the same with this client, block for block', async () => {
    const replays = new Map<string, Replay>()
    const answers = new Map<string, Promise<unknown>>()
    for (const recorded of transcript.blocks) {
      const name = recorded.connection
      const replay = replays.get(name) ?? (await startReplay(name))
      replays.set(name, replay)
      if (recorded.kind === 'handshake') continue
      const { connection, end } = replay
      if (recorded.from === 'client') {
        const [sent] = recorded.transmissions
        assert.ok(sent && recorded.transmissions.length === 1)
        const key = keyFor(sent)
        const answer = connection.exchange(decodeCommand(fromHex(sent.command), 18), {
          correlationId: fromHex(sent.corrId),
          entityId: entityIdOf(fromHex(sent.entityId)),
          ...(key && { key }),
        })
        answers.set(sent.corrId, answer)
        expectBytes(await next(end.received), recorded.block)
        continue
      }
      end.send(fromHex(recorded.block))
      for (const transmission of recorded.transmissions) {
        const event = transmission.corrId === '' ? await next(connection.events) : undefined
        const reply = event?.reply ?? (await answers.get(transmission.corrId))
        assert.ok(reply)
        expectBytes(encodeReply(reply as never, 18), transmission.command)
        if (event) assert.equal(hex(idBytes(event.entityId)), transmission.entityId)
        if (event?.reply.tag === 'MSG') checkMessage(transmission, event.reply.body)
      }
    }
    assert.equal(answers.size, 9)
  })
})
