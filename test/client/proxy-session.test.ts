import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { SmpRefusal, UnexpectedReply } from '../../src/client/errors.ts'
import { openProxySession, ProxySession } from '../../src/client/proxy-session.ts'
import { nativeCrypto as crypto } from '../../src/crypto/native.ts'
import type { CryptoProvider } from '../../src/crypto/provider.ts'
import type { ServerAddress } from '../../src/protocol/address.ts'
import { decodeBlock } from '../../src/protocol/block.ts'
import type { Command } from '../../src/protocol/command.ts'
import { decodeCommand } from '../../src/protocol/command-decoder.ts'
import { encodeSignedKey, signedKeyContent } from '../../src/protocol/handshake.ts'
import { entityIdOf } from '../../src/protocol/ids.ts'
import { pad } from '../../src/protocol/padding.ts'
import { errAuth, OK, type Reply, refusal } from '../../src/protocol/reply.ts'
import { encodeReply } from '../../src/protocol/reply-encoder.ts'
import { decodeTransmission, writeUnsignedHead } from '../../src/protocol/transmission.ts'
import { Writer } from '../../src/protocol/writer.ts'
import {
  expectBytes,
  fromHex,
  loadVectors,
  type VectorBytes,
  type VectorKey,
  vectorBytes,
} from '../support/vectors.ts'
import { connect } from './support/connected.ts'
import { expectHandshakeError, failure } from './support/failure.ts'
import { makeIdentity, type TestIdentity } from './support/identity.ts'
import { keyPairOf } from './support/keys.ts'
import type { Received, ScriptedServer } from './support/scripted-server.ts'

const relay = makeIdentity()
const other = makeIdentity()
const address: ServerAddress = { keyHash: relay.keyHash, hosts: ['relay.example'], port: 5223 }
const relayKey = crypto.generateKeyPair('X25519')
const entityId = 'q'.repeat(24)
const send = { tag: 'SEND', notification: false, body: new Uint8Array(16_048) } as const

const pkeyOf = (identity: TestIdentity, signer: TestIdentity = identity): Reply<'PKEY'> => ({
  tag: 'PKEY',
  sessionId: new Uint8Array(32).fill(7),
  versions: { min: 8, max: 17 },
  chain: identity.chain,
  signedKey: encodeSignedKey(
    relayKey.publicKey,
    crypto.sign(signer.leafKey, signedKeyContent(relayKey.publicKey)),
  ),
})

const open = async (pkey: Reply, options: { readonly password?: string } = {}) => {
  const { connection, server } = await connect()
  const opening = openProxySession(connection, address, options)
  const request = await server.expect('PRXY')
  server.send({ correlationId: request.correlationId, reply: pkey })
  return { opening, server, request }
}

/** The distant relay: opens what was forwarded and answers. */
const answerForwarded = (
  server: ScriptedServer,
  forwarded: Received<'PFWD'>,
  reply: Reply,
  changes: { readonly correlationId?: Uint8Array; readonly entityId?: string } = {},
): Command => {
  const { key, version, transmission } = forwarded.command
  const secret = crypto.x25519(relayKey.privateKey, key.raw) ?? assert.fail()
  const padded = crypto.openBox(secret, forwarded.correlationId, transmission)
  const [inner, ...more] = decodeBlock(padded ?? assert.fail('it does not open'))
  assert.ok(inner && more.length === 0)
  const sent = decodeTransmission(inner, version)
  assert.deepEqual(sent.correlationId, forwarded.correlationId)
  const writer = writeUnsignedHead(
    new Writer(),
    { version, sessionId: new Uint8Array(0) },
    { correlationId: sent.correlationId, entityId: sent.entityId, ...changes },
  )
  const answer = writer.raw(encodeReply(reply, version)).bytes()
  const block = pad(new Writer().u8(1).large(answer).bytes(), 16_226)
  const response = crypto.box(secret, forwarded.correlationId.toReversed(), block)
  server.answer(forwarded, { tag: 'PRES', response })
  return decodeCommand(sent.command, version)
}

describe('a session with a distant relay', () => {
  it('asks for it by its address, and carries commands and answers', async () => {
    const { opening, server, request } = await open(pkeyOf(relay), { password: 'please' })
    assert.deepEqual(request.command, {
      tag: 'PRXY',
      server: { hosts: ['relay.example'], port: '5223', keyHash: relay.keyHash },
      password: 'please',
    })
    const session = await opening
    assert.equal(session.version, 17)
    const { privateKey: key } = crypto.generateKeyPair('Ed448')
    const sent = session.request(send, { entityId, key })
    const forwarded = await server.expect('PFWD')
    assert.equal(forwarded.entityId, entityIdOf(new Uint8Array(32).fill(7)))
    assert.deepEqual(answerForwarded(server, forwarded, OK), send)
    assert.deepEqual(await sent, OK)
  })

  it('tells refusals of the two relays apart', async () => {
    const { opening, server } = await open(pkeyOf(relay))
    const session = await opening
    const exchanged = session.exchange(send, { entityId })
    answerForwarded(server, await server.expect('PFWD'), errAuth)
    assert.deepEqual(await exchanged, errAuth)
    const refused = failure(session.request(send, { entityId }))
    const proxyError = { code: 'PROXY', proxy: { code: 'NO_SESSION' } } as const
    server.answer(await server.expect('PFWD'), refusal(proxyError))
    const error = await refused
    assert.ok(error instanceof SmpRefusal)
    assert.deepEqual(error.error, proxyError)
    const blocked = session.exchange(send, { entityId })
    const block = refusal({ code: 'BLOCK' })
    answerForwarded(server, await server.expect('PFWD'), block, {
      correlationId: new Uint8Array(0),
      entityId: '',
    })
    assert.deepEqual(await blocked, block)
  })

  it('takes no answers of others', async () => {
    const { opening, server } = await open(pkeyOf(relay))
    const session = await opening
    for (const changes of [{ correlationId: new Uint8Array(24) }, { entityId: 'r'.repeat(24) }]) {
      const answer = failure(session.request(send, { entityId }))
      answerForwarded(server, await server.expect('PFWD'), OK, changes)
      assert.ok((await answer) instanceof UnexpectedReply)
    }
    const answer = failure(session.request(send, { entityId }))
    const forged = { tag: 'PRES', response: crypto.randomBytes(16_242) } as const
    server.answer(await server.expect('PFWD'), forged)
    assert.ok((await answer) instanceof UnexpectedReply)
  })

  it('is refused to a relay that is not the one in the address', async () => {
    await expectHandshakeError((await open(pkeyOf(other))).opening, 'identity')
    await expectHandshakeError((await open(pkeyOf(relay, other))).opening, 'session-key')
    const tooNew = { ...pkeyOf(relay), versions: { min: 18, max: 20 } }
    await expectHandshakeError((await open(tooNew)).opening, 'version')
  })
})

interface Vectors {
  readonly keys: Readonly<Record<'cmdEph' | 'relaySess' | 'sndEd25519' | 'sndX25519', VectorKey>>
  readonly proxyRelaySessionId: string
  readonly clientCorrId: string
  readonly exchanges: readonly {
    readonly name: string
    readonly version: number
    readonly key: 'sndEd25519' | 'sndX25519' | null
    readonly entityId: string
    readonly command: VectorBytes
    readonly encTransmission: VectorBytes
    readonly response: VectorBytes
    readonly encResponse: VectorBytes
  }[]
}

describe('forwarded commands', () => {
  it('are those of the reference', async () => {
    const { keys, exchanges, ...vectors } = loadVectors<Vectors>('proxy')
    const recorded: CryptoProvider = {
      ...crypto,
      randomBytes: () => fromHex(vectors.clientCorrId),
      generateKeyPair: (() => keyPairOf(keys.cmdEph, 'X25519')) as never,
    }
    const { connection, server } = await connect()
    for (const exchange of exchanges) {
      if (typeof exchange.command !== 'string' || typeof exchange.response !== 'string') continue
      const session = new ProxySession(connection, recorded, {
        version: exchange.version,
        sessionId: fromHex(vectors.proxyRelaySessionId),
        serverKey: fromHex(keys.relaySess.public),
      })
      const command = decodeCommand(fromHex(exchange.command), exchange.version)
      assert.ok('tag' in command && command.tag !== 'PFWD')
      const algorithm = exchange.key === 'sndX25519' ? 'X25519' : 'Ed25519'
      const key = exchange.key && keyPairOf(keys[exchange.key], algorithm).privateKey
      const answer = session.exchange(command as Command<'SEND'>, {
        entityId: entityIdOf(fromHex(exchange.entityId)),
        ...(key && { key }),
      })
      const forwarded = await server.expect('PFWD')
      expectBytes(forwarded.command.transmission, exchange.encTransmission)
      if (typeof exchange.encResponse === 'string') {
        server.answer(forwarded, { tag: 'PRES', response: vectorBytes(exchange.encResponse) })
        expectBytes(encodeReply(await answer, exchange.version), exchange.response)
      } else {
        server.answer(forwarded, refusal({ code: 'CRYPTO' }))
        await assert.rejects(answer, SmpRefusal)
      }
    }
  })
})
