import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createBlockCipher } from '../../../src/crypto/block-cipher.ts'
import { nativeCrypto } from '../../../src/crypto/native.ts'
import { nobleCrypto } from '../../../src/crypto/noble.ts'
import type { CryptoProvider } from '../../../src/crypto/provider.ts'
import type { Bytes } from '../../../src/protocol/bytes.ts'
import { pad } from '../../../src/protocol/padding.ts'
import { expectBytes, fromHex, hex, loadVectors } from '../../support/vectors.ts'

interface Step {
  readonly key: string
  readonly nonce: string
}

interface Chain {
  readonly sessionId: string
  readonly secret: string
  readonly serverSendSteps: readonly Step[]
  readonly serverReceiveSteps: readonly Step[]
}

interface EncryptedBlock {
  readonly content: string | object
  readonly block?: string
}

const { blockChain } = loadVectors<{ blockChain: readonly Chain[] }>('crypto')
const { encrypted, sessionId } = loadVectors<{
  sessionId: string
  encrypted: {
    secret: string
    clientToServer: readonly EncryptedBlock[]
    serverToClient: readonly EncryptedBlock[]
  }
}>('blocks')

const padded = (text: string): Bytes => pad(new TextEncoder().encode(text), 16368)

const ciphers = (crypto: CryptoProvider, session: { sessionId: Bytes; secret: Bytes }) => ({
  server: createBlockCipher(crypto, { ...session, side: 'server' }),
  client: createBlockCipher(crypto, { ...session, side: 'client' }),
})

for (const crypto of [nativeCrypto, nobleCrypto])
  describe(`block cipher with ${crypto.name}`, () => {
    it('walks the chains of the reference', () => {
      for (const chain of blockChain) {
        const session = { sessionId: fromHex(chain.sessionId), secret: fromHex(chain.secret) }
        const { server, client } = ciphers(crypto, session)
        const block = padded('step')
        for (const { key, nonce } of chain.serverSendSteps)
          expectBytes(server.seal(block), hex(crypto.box(fromHex(key), fromHex(nonce), block)))
        for (const { key, nonce } of chain.serverReceiveSteps)
          expectBytes(client.seal(block), hex(crypto.box(fromHex(key), fromHex(nonce), block)))
      }
    })

    it('makes and opens the blocks of the reference', () => {
      const session = { sessionId: fromHex(sessionId), secret: fromHex(encrypted.secret) }
      const { server, client } = ciphers(crypto, session)
      let compared = 0
      for (const [sender, receiver, blocks] of [
        [client, server, encrypted.clientToServer],
        [server, client, encrypted.serverToClient],
      ] as const)
        for (const { content, block } of blocks) {
          if (typeof content !== 'string' || block === undefined) continue
          const plain = pad(fromHex(content), 16368)
          const sealed = sender.seal(plain)
          expectBytes(sealed, block)
          const opened = receiver.open(sealed)
          assert.deepEqual(opened, plain)
          assert.equal(opened?.buffer, sealed.buffer)
          compared++
        }
      assert.equal(compared, 4)
    })

    it('keeps its place after a block that does not open', () => {
      const session = { sessionId: new Uint8Array(32), secret: new Uint8Array(32).fill(7) }
      const { server, client } = ciphers(crypto, session)
      const [first, second, third] = ['one', 'two', 'three'].map((text) =>
        server.seal(padded(text)),
      )
      assert.ok(first && second && third)
      assert.equal(second.length, 16384)
      assert.deepEqual(client.open(first), padded('one'))
      second[16383] = (second[16383] ?? 0) ^ 1
      assert.equal(client.open(second), undefined)
      assert.deepEqual(client.open(third), padded('three'))
    })

    it('refuses replayed, reordered and reflected blocks', () => {
      const session = { sessionId: new Uint8Array(32), secret: new Uint8Array(32).fill(7) }
      const { server, client } = ciphers(crypto, session)
      const sealed = server.seal(padded('once'))
      assert.ok(client.open(sealed))
      assert.equal(client.open(sealed), undefined)
      assert.equal(server.open(server.seal(padded('mirror'))), undefined)
      const late = ciphers(crypto, session)
      late.server.seal(padded('lost'))
      assert.equal(late.client.open(late.server.seal(padded('second'))), undefined)
    })
  })
