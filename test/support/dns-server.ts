/** A DNS server that gives the addresses which the test likes, anew for each question. */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { isIP } from 'node:net'

const HEADER_BYTES = 12
const A = 1
const AAAA = 28

export interface DnsServer extends AsyncDisposable {
  /** As SLUICE_PROXY_DNS takes it. */
  readonly address: string
  /** The names that were asked for, with `A` or `AAAA`. */
  readonly asked: string[]
}

const nameAt = (query: Buffer): readonly [name: string, end: number] => {
  const labels: string[] = []
  let at = HEADER_BYTES
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length))
    at += length + 1
  }
  return [labels.join('.'), at + 1]
}

const bytesOf = (address: string): Buffer => {
  if (isIP(address) === 4) return Buffer.from(address.split('.').map(Number))
  const [head = '', tail = ''] = address.split('::')
  const words = (text: string): string[] => (text === '' ? [] : text.split(':'))
  const gap = Array(8 - words(head).length - words(tail).length).fill('0')
  const all = [...words(head), ...(address.includes('::') ? gap : []), ...words(tail)]
  return Buffer.from(all.map((word) => word.padStart(4, '0')).join(''), 'hex')
}

const answerOf = (query: Buffer, end: number, addresses: readonly string[]): Buffer => {
  const header = Buffer.from(query.subarray(0, HEADER_BYTES))
  header.writeUInt16BE(addresses.length > 0 ? 0x81_80 : 0x81_83, 2)
  header.writeUInt16BE(1, 4)
  header.writeUInt16BE(addresses.length, 6)
  header.writeUInt32BE(0, 8)
  const records = addresses.map((address) => {
    const bytes = bytesOf(address)
    // a pointer to the name in the question, its type, class IN, no time to live
    const head = Buffer.from([0xc0, HEADER_BYTES, 0, 0, 0, 1, 0, 0, 0, 0, 0, bytes.length])
    head[3] = bytes.length === 4 ? A : AAAA
    return Buffer.concat([head, bytes])
  })
  return Buffer.concat([header, query.subarray(HEADER_BYTES, end), ...records])
}

/** `resolve`: the addresses of a name; undefined: the server does not answer. */
export const startDns = async (
  resolve: (name: string) => readonly string[] | undefined,
): Promise<DnsServer> => {
  const socket = createSocket('udp4')
  const asked: string[] = []
  socket.on('message', (query, { port, address }) => {
    const [name, end] = nameAt(query)
    const type = query.readUInt16BE(end)
    asked.push(`${name} ${type === A ? 'A' : 'AAAA'}`)
    const family = type === A ? 4 : 6
    const found = resolve(name)?.filter((one) => isIP(one) === family)
    if (found) socket.send(answerOf(query, end + 4, found), port, address)
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return {
    address: `127.0.0.1:${socket.address().port}`,
    asked,
    async [Symbol.asyncDispose]() {
      socket.close()
      await once(socket, 'close')
    },
  }
}
