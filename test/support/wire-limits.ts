/** Clients of a relay on real sockets that come from an address of choice. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { SEND, unsigned } from './wire.ts'
import type { WireClient } from './wire-client.ts'
import { sayHello } from './wire-hello.ts'
import { closed, type TlsConnection, type TlsRelay } from './wire-tls.ts'

/** All of 127.0.0.0/8 is this machine. */
const HOST = '127.0.0.1'

export interface From {
  /** Of the loopback network. */
  readonly localAddress: string
  /** What a load balancer says first. */
  readonly header?: Uint8Array | undefined
}

/** A TCP connection, which may be closed at any time. */
export const dialFrom = async (
  { port }: Pick<TlsRelay, 'port'>,
  { localAddress, header }: From,
): Promise<Socket> => {
  const socket = connect({ port, host: HOST, localAddress })
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  if (header) socket.write(header)
  return socket
}

/** How many bytes a socket has received so far. */
export const counting = (socket: Socket): (() => number) => {
  let received = 0
  socket.on('data', ({ length }: Buffer) => {
    received += length
  })
  return () => received
}

export const connectFrom = async (
  relay: TlsRelay,
  from: From,
): Promise<WireClient<TlsConnection>> => {
  const socket = await dialFrom(relay, from)
  return sayHello(await relay.dialSmp({ socket }), relay.directory)
}

/** Whether the relay lets it in: a client, or undefined if it was closed. */
export const triesFrom = async (
  relay: TlsRelay,
  from: From,
): Promise<WireClient<TlsConnection> | undefined> => {
  const socket = await dialFrom(relay, from)
  try {
    const client = await Promise.race([
      relay.dialSmp({ socket }).then((smp) => sayHello(smp, relay.directory)),
      closed(socket).then(() => undefined),
    ])
    await client?.asks([unsigned, 'ping', '', 'PING'], 'PONG')
    return client
  } catch {
    socket.destroy()
    return undefined
  }
}

/** Makes a queue, sends to it and receives; whatever hinders that is a failure. */
export const converse = async (client: WireClient<TlsConnection>): Promise<void> => {
  const q = await client.creates({ subscribe: true })
  client.says([unsigned, 'send', q.sid, SEND('hello')])
  const heard = [await client.next(), await client.next()].map(([, , reply]) => reply)
  assert.deepEqual(heard.toSorted(), ['MSG F hello', 'OK'])
  await client.asks([q.key, 'ack', q.rid, q.ack('hello')], 'OK')
  await client.asks([q.key, 'del', q.rid, 'DEL'], 'OK')
}

/** PROXY v2 for a client with this IPv6 address, given as 32 hexadecimal digits. */
export const proxyHeader6 = (address: string): Uint8Array => {
  const head = '0d0a0d0a000d0a515549540a21210024'
  return Buffer.from(`${head}${address}${'0'.repeat(31)}1d4311467`, 'hex')
}
