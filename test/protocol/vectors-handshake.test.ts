/** handshake.json: hello contents, the signed keys in them, service responses. */
import assert from 'node:assert/strict'
import { hash, verify, X509Certificate } from 'node:crypto'
import { describe, test } from 'node:test'
import { BLOCK_BYTES } from '../../src/protocol/block.ts'
import {
  type ChainAndKey,
  type ClientHello,
  decodeClientHello,
  decodeServerHello,
  decodeServiceResponse,
  decodeSignedKey,
  encodeClientHello,
  encodeServerHello,
  encodeServiceResponse,
  encodeSignedKey,
  type ServerHello,
  type ServiceRole,
} from '../../src/protocol/handshake.ts'
import { serviceIdOf } from '../../src/protocol/ids.ts'
import { type DhKey, decodeSpki, isDhKey, type PublicKey } from '../../src/protocol/keys.ts'
import { pad } from '../../src/protocol/padding.ts'
import { agreeVersion, hasServices, sessionIdImplied } from '../../src/protocol/version.ts'
import { fromHex, hex, loadVectors, type VectorKey } from '../support/vectors.ts'

interface Content {
  readonly content: string
  readonly contentLength: number
  readonly blockSha256: string
}

interface Handshake {
  readonly name: string
  readonly alpn: string | null
  readonly certificates: string
  readonly serverMaxVersion: number
  readonly clientSendsKey: boolean
  readonly proxyServer: boolean
  readonly service: 'SRMessaging' | 'SRNotifier' | 'SRProxy' | null
  readonly serverHello: Content
  readonly clientHello: Content
  readonly serviceResponse: Content | null
  readonly agreedVersion?: number
  readonly sessionIdImplied?: boolean
  readonly serviceSignatureField?: boolean
  readonly serverError?: string
}

const vectors = loadVectors<{
  readonly keys: Readonly<Record<string, VectorKey>>
  readonly certificates: Readonly<
    Record<string, { readonly chain: readonly string[]; readonly identity: string }>
  >
  readonly sessionId: string
  readonly serviceId: string
  readonly handshakes: readonly Handshake[]
}>('handshake')

/** Listed with its contents only: the hellos are those of a service at v18. */
const wrongChain = 'service chain differs from the TLS client chain'
const handshakes = vectors.handshakes.filter(({ name }) => name !== wrongChain)

const roles: Readonly<Record<NonNullable<Handshake['service']>, ServiceRole>> = {
  SRMessaging: 'messaging',
  SRNotifier: 'notifier',
  SRProxy: 'proxy',
}

const keyNamed = (name: string): PublicKey => decodeSpki(fromHex(vectors.keys[name]?.spki ?? ''))

const dhKeyNamed = (name: string): DhKey => {
  const key = keyNamed(name)
  assert.ok(isDhKey(key))
  return key
}

const expectContent = (written: Uint8Array, { content, contentLength, blockSha256 }: Content) => {
  assert.equal(hex(written), content)
  assert.equal(written.length, contentLength)
  assert.equal(hash('sha256', pad(written, BLOCK_BYTES)), blockSha256)
}

const expectChain = ({ chain }: ChainAndKey, certificates: string): void =>
  assert.deepEqual(chain.map(hex), vectors.certificates[certificates]?.chain)

/** The key is the named one, and the leaf of the chain has signed what we call the content. */
const expectSignedKey = ({ chain, signedKey }: ChainAndKey, name: string): void => {
  const { key, content, signature } = decodeSignedKey(signedKey)
  assert.deepEqual(key, keyNamed(name))
  assert.ok(verify(null, content, new X509Certificate(chain[0]).publicKey, signature))
  assert.equal(hex(encodeSignedKey(key, signature)), hex(signedKey))
}

const expectServerHello = (hello: ServerHello, vector: Handshake): void => {
  const max = vector.alpn === null ? 6 : vector.serverMaxVersion
  assert.deepEqual(hello.versions, { min: 6, max })
  assert.equal(hex(hello.sessionId), vectors.sessionId)
  assert.equal(hello.authentication !== undefined, max > 6)
  if (hello.authentication === undefined) return
  expectChain(hello.authentication, vector.certificates)
  expectSignedKey(hello.authentication, 'srvSess')
}

const expectClientHello = (hello: ClientHello, vector: Handshake): void => {
  const { version, keyHash, sessionKey, proxyServer, service } = hello
  assert.equal(hex(keyHash), vectors.certificates[vector.certificates]?.identity)
  const hasKey = vector.clientSendsKey && version > 6
  assert.deepEqual(sessionKey, hasKey ? dhKeyNamed('clnSess') : undefined)
  assert.equal(proxyServer, vector.proxyServer && version >= 14)
  const role = vector.service && version >= 16 ? roles[vector.service] : undefined
  assert.equal(service?.role, role)
  if (service === undefined) return
  expectChain(service, 'service-ed25519')
  expectSignedKey(service, 'serviceSess')
}

for (const vector of handshakes)
  describe(vector.name, () => {
    const serverHello = decodeServerHello(fromHex(vector.serverHello.content))
    const clientHello = decodeClientHello(fromHex(vector.clientHello.content))

    test('server hello', () => {
      expectServerHello(serverHello, vector)
      expectContent(encodeServerHello(serverHello), vector.serverHello)
    })

    test('client hello', () => {
      expectClientHello(clientHello, vector)
      expectContent(encodeClientHello(clientHello), vector.clientHello)
    })

    test('agreed version', () => {
      const version = vector.agreedVersion ?? 18
      assert.equal(clientHello.version, version)
      // as protocol.md 3.4, 4: a proxy of an older relay has no versions over 10
      const capped = vector.proxyServer && serverHello.versions.max < 14
      const ours = { min: 6, max: capped ? 10 : 18 }
      assert.equal(agreeVersion(ours, serverHello.versions), version)
      assert.equal(sessionIdImplied(version), vector.sessionIdImplied ?? true)
      assert.equal(hasServices(version), vector.serviceSignatureField ?? true)
    })
  })

describe('service responses', () => {
  for (const { name, serviceResponse, serverError } of vectors.handshakes) {
    if (serviceResponse === null) continue
    test(name, () => {
      const response = decodeServiceResponse(fromHex(serviceResponse.content))
      const accepted = { serviceId: serviceIdOf(fromHex(vectors.serviceId)) }
      assert.deepEqual(response, serverError === undefined ? accepted : { error: serverError })
      expectContent(encodeServiceResponse(response), serviceResponse)
    })
  }
})

test(wrongChain, () => {
  const vector = vectors.handshakes.find(({ name }) => name === wrongChain)
  assert.ok(vector)
  const hello = decodeClientHello(fromHex(vector.clientHello.content))
  assert.ok(hello.service)
  expectSignedKey(hello.service, 'serviceSess')
  expectContent(encodeClientHello(hello), vector.clientHello)
})
