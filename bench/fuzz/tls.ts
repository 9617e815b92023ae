/** Target: what comes before and instead of a TLS handshake. */

import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { type ConnectionOptions, connect as connectTls } from 'node:tls'
import type { Choices } from './choices.ts'
import { mutated } from './mutate.ts'
import { BALANCER, dialPlain, hear, type Place, writeInPieces } from './place.ts'
import { proxyHeader } from './proxy-headers.ts'
import type { Target } from './target.ts'

const offers: readonly ConnectionOptions[] = [
  { ALPNProtocols: ['smp/1'] },
  {},
  { ALPNProtocols: ['h2', 'http/1.1'], servername: 'localhost' },
  { ALPNProtocols: ['smp/2', 'xftp/1'] },
  { ALPNProtocols: ['smp/1'], maxVersion: 'TLSv1.2' },
  { ALPNProtocols: ['smp/1'], servername: 'localhost' },
  { ALPNProtocols: Array.from({ length: 40 }, (_, i) => `protocol-${i}`) },
]

/** The first flight of Node's own TLS client. */
const clientHello = async (options: ConnectionOptions): Promise<Uint8Array> => {
  const said: PromiseWithResolvers<Uint8Array> = Promise.withResolvers()
  const stream = new Duplex({
    read: () => undefined,
    write: (chunk: Buffer, _, done) => {
      said.resolve(Uint8Array.from(chunk))
      done()
    },
  })
  const socket = connectTls({ ...options, socket: stream as Socket, rejectUnauthorized: false })
  socket.on('error', () => undefined)
  const hello = await said.promise
  socket.destroy()
  return hello
}

const hellos = await Promise.all(offers.map(clientHello))

/** As Node's TLS client says it, by its options of choice. */
export const tlsHello = (choices: Choices): Uint8Array => choices.from(hellos) ?? new Uint8Array(0)

/** Cut into records of other sizes, which is allowed. */
const inRecords = (hello: Uint8Array, size: number): Uint8Array => {
  const body = hello.subarray(5)
  const records: Uint8Array[] = []
  for (let at = 0; at < body.length; at += size) {
    const part = body.subarray(at, at + size)
    records.push(Uint8Array.of(22, 3, 1, part.length >>> 8, part.length & 0xff), part)
  }
  return Buffer.concat(records)
}

const firstBytes = (choices: Choices): Uint8Array => {
  const hello = tlsHello(choices)
  const kind = choices.below(10)
  if (kind === 0) return choices.bytes(choices.of(1, 5, 100, 4096, 40_000))
  if (kind === 1)
    return Buffer.from(choices.of('GET / HTTP/1.1\r\n\r\n', 'PROXY TCP4 ', 'SSH-2.0\r\n'))
  if (kind === 2) return inRecords(hello, choices.between(1, 200))
  if (kind === 3) return hello.subarray(0, choices.below(hello.length))
  if (kind === 4) return Buffer.concat([hello, choices.bytes(choices.below(200))])
  return mutated(hello, choices)
}

/** Each connection is a case. */
export const tlsTarget = ({ smpPort }: Place): Target => ({
  name: 'tls',
  async run(choices) {
    const isBalancer = choices.percent(25)
    const socket = await dialPlain(smpPort, choices, isBalancer ? BALANCER : undefined)
    const header = isBalancer ? proxyHeader(choices) : new Uint8Array(0)
    await writeInPieces(socket, Buffer.concat([header, firstBytes(choices)]), choices)
    // who has said nothing that can be answered hears of it when the time for handshakes is over
    if (choices.percent(90)) socket.end()
    await hear(socket, () => true)
    return 1
  },
})
