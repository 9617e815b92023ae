/** Whom the relay takes for the client of a connection. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { test } from 'node:test'
import { Clients } from '../../../src/transport/clients.ts'
import { forwardedFor } from '../../../src/transport/http.ts'
import { listenOn } from '../../../src/transport/listener.ts'

const takeOne = async (first: string, isProxy: boolean) => {
  const clients = new Clients()
  const taken: PromiseWithResolvers<Socket> = Promise.withResolvers()
  const listener = await listenOn(
    {
      port: 0,
      bind: '127.0.0.1',
      reusePort: false,
      clients,
      isProxy: () => isProxy,
      timeoutMs: 5000,
    },
    taken.resolve,
  )
  const client = connect(listener.port, '127.0.0.1')
  client.write(first)
  const socket = await taken.promise
  const address = clients.addressOf(socket)
  const [rest] = await once(socket, 'data')
  socket.destroy()
  await once(socket, 'close')
  client.destroy()
  listener.stop()
  return { address, rest: String(rest), forgotten: clients.addressOf(socket) }
}

const cases = [
  ['PROXY TCP4 203.0.113.7 10.0.0.1 54321 5223\r\nhello', true, '203.0.113.7'],
  ['PROXY TCP6 2001:db8::7 ::1 54321 5223\r\nhello', true, '2001:db8::7'],
  ['PROXY UNKNOWN\r\nhello', true, undefined],
  ['hello', false, '127.0.0.1'],
] as const
for (const [first, isProxy, address] of cases)
  test(`${JSON.stringify(first)} comes from ${address ?? 'nobody known'}`, async () => {
    const taken = await takeOne(first, isProxy)
    assert.deepEqual([taken.address, taken.rest], [address, 'hello'])
    assert.notEqual(taken.forgotten, '203.0.113.7')
  })

test('a header that nobody may send stays in front of the bytes', async () => {
  const first = 'PROXY TCP4 203.0.113.7 10.0.0.1 54321 5223\r\nhello'
  assert.deepEqual(await takeOne(first, false).then(({ address, rest }) => [address, rest]), [
    '127.0.0.1',
    first,
  ])
})

test('of the proxies before a port without TLS the nearest is believed', () => {
  const from = (header?: string) =>
    forwardedFor({ headers: header === undefined ? {} : { 'x-forwarded-for': header } })
  assert.equal(from('198.51.100.1, 203.0.113.7'), '203.0.113.7')
  assert.equal(from('203.0.113.7'), '203.0.113.7')
  assert.equal(from(), undefined)
})
