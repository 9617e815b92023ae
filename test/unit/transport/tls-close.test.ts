import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { connect, createServer, type TLSSocket } from 'node:tls'
import { createAuthority, createServerCertificate } from '../../../src/identity/certificates.ts'
import { BLOCK_BYTES } from '../../../src/protocol/block.ts'
import { smpTlsOptions, tlsTransport } from '../../../src/transport/tls.ts'

/** More than a socket takes while nobody reads. */
const BLOCKS = 1000
/** As many as a session has commands that fail together. */
const TIMES = 20

const credentials = () => {
  const now = new Date()
  const authority = createAuthority({ algorithm: 'Ed25519', now })
  const leaf = createServerCertificate(authority, { host: 'localhost', algorithm: 'Ed25519', now })
  return {
    chainPem: leaf.certificate.toString() + authority.certificate.toString(),
    keyPem: leaf.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
  }
}

test('a connection that is closed again and again, while its client does not read, is closed once', async () => {
  await using parts = new AsyncDisposableStack()
  const server = createServer(smpTlsOptions(credentials()))
  parts.defer(() => void server.close())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const accepted = once(server, 'secureConnection')
  const { port } = server.address() as AddressInfo
  const client = connect({
    ...{ port, host: '127.0.0.1', rejectUnauthorized: false, ALPNProtocols: ['smp/1'] },
    ciphers: 'TLS_CHACHA20_POLY1305_SHA256',
  })
  parts.defer(() => void client.destroy())
  client.pause()
  const [socket] = (await accepted) as [TLSSocket]
  parts.defer(() => void socket.destroy())
  const transport = tlsTransport(socket, undefined)
  assert.ok(transport)
  for (let i = 0; i < BLOCKS; i += 1) transport.send(new Uint8Array(BLOCK_BYTES))
  const before = socket.listenerCount('finish')
  for (let i = 0; i < TIMES; i += 1) transport.close()
  assert.equal(socket.listenerCount('finish'), before + 1)
})
