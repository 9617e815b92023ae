/** What becomes of the blocks that a session sends over TLS. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { connect, createServer, type TLSSocket } from 'node:tls'
import { smpTlsOptions, tlsTransport } from '../../../src/transport/tls.ts'
import { identity } from '../../support/wire-hello.ts'

const pair = async () => {
  const { chainPem, keyPem } = identity
  const server = createServer(smpTlsOptions({ chainPem, keyPem }))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const client = connect({
    port,
    host: '127.0.0.1',
    ALPNProtocols: ['smp/1'],
    rejectUnauthorized: false,
  })
  const [socket] = (await once(server, 'secureConnection')) as [TLSSocket]
  const transport = tlsTransport(socket, undefined)
  assert.ok(transport)
  client.on('error', () => undefined)
  socket.on('error', () => undefined)
  return { server, client, socket, transport }
}

const received = async (client: TLSSocket, length: number): Promise<Buffer> => {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of client) {
    chunks.push(chunk)
    size += chunk.length
    if (size >= length) break
  }
  return Buffer.concat(chunks)
}

const blocks = [1, 2, 3].map((content) => Buffer.alloc(16_384, content))

test('the blocks of a turn leave together, and their memory is given back', async () => {
  const { server, client, socket, transport } = await pair()
  const taken: number[] = []
  const all = Promise.withResolvers<void>()
  blocks.forEach((block, index) => {
    transport.send(block, () => {
      if (taken.push(index) === blocks.length) all.resolve()
    })
  })
  assert.equal(socket.writableCorked, 1)
  assert.equal(transport.bufferedBytes, 3 * 16_384)
  assert.deepEqual(await received(client, 3 * 16_384), Buffer.concat(blocks))
  await all.promise
  assert.equal(socket.writableCorked, 0)
  assert.deepEqual(taken, [0, 1, 2])
  transport.destroy()
  transport.send(Buffer.alloc(16_384), () => taken.push(3))
  assert.deepEqual(taken, [0, 1, 2, 3])
  server.close()
})

test('what was sent in the turn that ends the connection is on its way', async () => {
  const { server, client, transport } = await pair()
  for (const block of blocks) transport.send(block)
  transport.destroy()
  assert.deepEqual(await received(client, 3 * 16_384), Buffer.concat(blocks))
  client.destroy()
  server.close()
})
