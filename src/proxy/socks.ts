/** A connection through a SOCKS5 server (RFC 1928, with the password of RFC 1929). */
import { once } from 'node:events'
import { isIP, type Socket } from 'node:net'
import { latin1Bytes, utf8Bytes } from '../protocol/bytes.ts'
import { Writer } from '../protocol/writer.ts'

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

/** The next bytes, so many and no more: what follows is for whoever uses the connection then. */
const take = async (socket: Socket, length: number): Promise<Buffer> => {
  for (;;) {
    const bytes: Buffer | null = socket.read(length)
    if (bytes !== null && bytes.length === length) return bytes
    if (bytes !== null || socket.readableEnded || socket.destroyed)
      throw new Error('the SOCKS server closed')
    await Promise.race([once(socket, 'readable'), once(socket, 'close')])
  }
}

const expect = (actual: number | undefined, wanted: number, what: string): void => {
  if (actual !== wanted) throw new Error(`the SOCKS server: ${what} ${actual}`)
}

const sendPassword = async (socket: Socket, user: string, password: string): Promise<void> => {
  const request = new Writer().u8(PASSWORD_VERSION).short(utf8Bytes(user))
  socket.write(request.short(utf8Bytes(password)).bytes())
  expect((await take(socket, 2))[1], DONE, 'password refused with')
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

/** After this the server has nothing more to say. */
const takeBoundAddress = async (socket: Socket, kind: number | undefined): Promise<void> => {
  const lengths: Readonly<Record<number, number>> = { [IPV4]: 4, [IPV6]: 16 }
  const length = lengths[kind ?? 0] ?? (await take(socket, 1))[0] ?? 0
  await take(socket, length + 2)
}

/**
 * Makes `socket`, which leads to the SOCKS server, lead to `host`: a name is resolved there.
 * @throws Error with what the server answered; the caller closes the socket
 */
export const connectThrough = async (
  socket: Socket,
  { user, password = '' }: SocksServer,
  target: { readonly host: string; readonly port: number },
): Promise<void> => {
  const method = user === undefined ? NO_PASSWORD : PASSWORD
  socket.write(Uint8Array.of(VERSION, 1, method))
  const [version, chosen] = await take(socket, 2)
  expect(version, VERSION, 'speaks version')
  expect(chosen, method, 'wants method')
  if (user !== undefined) await sendPassword(socket, user, password)
  const request = writeHost(new Writer().u8(VERSION).u8(CONNECT).u8(0), target.host)
  socket.write(request.u16(target.port).bytes())
  const [, outcome, , kind] = await take(socket, 4)
  expect(outcome, DONE, 'refused with')
  await takeBoundAddress(socket, kind)
}
