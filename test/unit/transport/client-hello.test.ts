import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { test } from 'node:test'
import { type ConnectionOptions, connect } from 'node:tls'
import { concatBytes, ProtocolError } from '../../../src/protocol/bytes.ts'
import { readClientHello } from '../../../src/transport/client-hello.ts'

/** What OpenSSL says first. */
const helloOf = async (options: ConnectionOptions): Promise<Uint8Array> => {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const accepted = once(server, 'connection')
  const client = connect({
    port: (server.address() as AddressInfo).port,
    host: '127.0.0.1',
    ...options,
  })
  client.on('error', () => undefined)
  const [socket] = await accepted
  const [chunk] = await once(socket, 'data')
  socket.destroy()
  server.close()
  return Uint8Array.from(chunk)
}

/** The same message in records of so many bytes. */
const inRecords = (hello: Uint8Array, size: number): Uint8Array => {
  const message = hello.subarray(5)
  const records: Uint8Array[] = []
  for (let at = 0; at < message.length; at += size) {
    const part = message.subarray(at, at + size)
    records.push(Uint8Array.of(22, 3, 1, part.length >>> 8, part.length & 0xff, ...part))
  }
  return concatBytes(...records)
}

const cases: readonly (readonly [ConnectionOptions, boolean, readonly string[]])[] = [
  [{}, false, []],
  [{ ALPNProtocols: ['smp/1'] }, false, ['smp/1']],
  [{ servername: 'relay.example' }, true, []],
  [
    { servername: 'relay.example', ALPNProtocols: ['h2', 'http/1.1'], maxVersion: 'TLSv1.2' },
    true,
    ['h2', 'http/1.1'],
  ],
]

for (const [options, hasServerName, alpn] of cases)
  test(`server name and ALPN are read of ${JSON.stringify(options)}, however it is cut`, async () => {
    const hello = await helloOf(options)
    const expected = { hasServerName, alpn }
    assert.deepEqual(readClientHello(hello), expected)
    assert.deepEqual(readClientHello(Uint8Array.of(...hello, 20, 3, 3, 0, 1, 1)), expected)
    assert.deepEqual(readClientHello(inRecords(hello, 7)), expected)
    for (let length = 0; length < hello.length; length++)
      assert.equal(readClientHello(hello.subarray(0, length)), undefined)
  })

test('what is no ClientHello is told at once', async () => {
  const hello = await helloOf({})
  const changed = (at: number, byte: number): Uint8Array => hello.with(at, byte)
  const wrong = [
    Uint8Array.from(Buffer.from('GET / HTTP/1.1\r\n\r\n')),
    changed(0, 23),
    changed(1, 2),
    changed(5, 2),
    // longer than any client's
    changed(6, 1),
    // a session id beyond the end
    changed(43, 255),
  ]
  for (const bytes of wrong) assert.throws(() => readClientHello(bytes), ProtocolError)
})

test('empty records do not go on for ever', () => {
  const empty = Uint8Array.of(22, 3, 1, 0, 0)
  assert.equal(readClientHello(concatBytes(...Array(1000).fill(empty))), undefined)
  assert.throws(() => readClientHello(concatBytes(...Array(7000).fill(empty))), ProtocolError)
})
