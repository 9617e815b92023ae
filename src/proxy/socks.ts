/** A connection through a SOCKS5 server (RFC 1928, with the password of RFC 1929). */
import { isIP, type Socket } from 'node:net'
import { latin1Bytes, utf8Bytes } from '../protocol/bytes.ts'
import { Writer } from '../protocol/writer.ts'
import { SocketReader } from './socket-reader.ts'

export interface SocksServer {
  readonly host: string
  readonly port: number
  readonly user?: string
  readonly password?: string
}

const DEFAULT_HOST = '127.0.0.1'
const DEFAULT_PORT = 9050
const LONGEST = 255

const VERSION = 5
const NO_PASSWORD = 0
const PASSWORD = 2
const PASSWORD_VERSION = 1
const CONNECT = 1
const DONE = 0

const IPV4 = 1
const NAME = 3
const IPV6 = 4
const PORT_BYTES = 2

/** `[user:password@]host[:port]`, IPv6 in brackets, host and port as the Tor daemon's by default. */
export const parseSocksServer = (text: string): SocksServer | undefined => {
  const parts = /^(?:([^:@]+):([^@]*)@)?(\[[^\]]+\]|[^:@[\]\s]*)(?::(\d{1,5}))?$/u.exec(text)
  const [, user, password = '', hostText = '', portText] = parts ?? []
  const port = portText === undefined ? DEFAULT_PORT : Number(portText)
  const host = hostText.replace(/^\[(.*)\]$/, '$1') || DEFAULT_HOST
  const isAddress = !hostText.startsWith('[') || isIP(host) === 6
  const isShort = utf8Bytes(user ?? '').length <= LONGEST && utf8Bytes(password).length <= LONGEST
  if (parts === null || text === '' || !isAddress || !isShort) return undefined
  if (port === 0 || port > 0xffff) return undefined
  return { host, port, ...(user !== undefined && { user, password }) }
}

const expect = (actual: number | undefined, wanted: number, what: string): void => {
  if (actual !== wanted) throw new Error(`the SOCKS server: ${what} ${actual}`)
}

const ipv6Bytes = (address: string): Uint8Array => {
  // in the one spelling of URLs: groups of hexadecimal digits, the longest gap as `::`
  const [head = '', tail] = new URL(`smp://[${address}]`).hostname.slice(1, -1).split('::')
  const groups = (text: string): number[] =>
    text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16))
  const before = groups(head)
  const after = groups(tail ?? '')
  const gap = Array<number>(8 - before.length - after.length).fill(0)
  return Uint8Array.from([...before, ...gap, ...after].flatMap((word) => [word >>> 8, word & 0xff]))
}

const writeHost = (writer: Writer, host: string): Writer => {
  const family = isIP(host)
  if (family === 4) return writer.u8(IPV4).raw(Uint8Array.from(host.split('.').map(Number)))
  if (family === 6) return writer.u8(IPV6).raw(ipv6Bytes(host))
  return writer.u8(NAME).short(latin1Bytes(host))
}

/** The address that the server says it is bound to, which is nobody's concern. */
const skipAddress = async (reader: SocketReader, kind: number): Promise<void> => {
  const lengths: Readonly<Record<number, number>> = { [IPV4]: 4, [IPV6]: 16 }
  await reader.take(lengths[kind] ?? (await reader.byte()))
  await reader.take(PORT_BYTES)
}

/**
 * Makes `socket`, which leads to the SOCKS server, lead to `host`: a name is resolved there.
 * @throws Error with what the server answered; the caller closes the socket
 */
export const connectThrough = async (
  socket: Socket,
  { user, password = '' }: SocksServer,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<void> => {
  const reader = new SocketReader(socket)
  const method = user === undefined ? NO_PASSWORD : PASSWORD
  socket.write(Uint8Array.of(VERSION, 1, method))
  expect(await reader.byte(), VERSION, 'speaks version')
  expect(await reader.byte(), method, 'wants method')
  if (user !== undefined) {
    const login = new Writer().u8(PASSWORD_VERSION).short(utf8Bytes(user))
    socket.write(login.short(utf8Bytes(password)).bytes())
    await reader.byte()
    expect(await reader.byte(), DONE, 'refused the password with')
  }
  const request = writeHost(new Writer().u8(VERSION).u8(CONNECT).u8(0), host).u16(port)
  socket.write(request.bytes())
  const [, outcome, , kind = 0] = await reader.take(4)
  expect(outcome, DONE, 'refused with')
  await skipAddress(reader, kind)
  reader.release()
}
