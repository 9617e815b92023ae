/** A SOCKS5 server that leads wherever the test likes, and notes what it was asked for. */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { SocketReader } from '../../src/proxy/socket-reader.ts'

export interface SocksOptions {
  readonly user?: string
  readonly password?: string
  /** The local port that a target is at; undefined: the connection is refused. */
  readonly route: (host: string, port: number) => number | undefined
  /** In the place of a reply, by step. */
  readonly method?: Buffer
  readonly reply?: Buffer
  /** The kind of address that the server says it is bound to. */
  readonly bound?: Buffer
}

export interface SocksServer extends AsyncDisposable {
  readonly port: number
  /** `host:port` by kind of address, in order. */
  readonly asked: string[]
}

const textOf = async (reader: SocketReader): Promise<string> =>
  (await reader.take(await reader.byte())).toString('latin1')

const target = async (
  reader: SocketReader,
): Promise<readonly [kind: string, host: string, port: number]> => {
  const kind = (await reader.take(4))[3]
  const read = async (): Promise<readonly [string, string]> => {
    if (kind === 1) return ['ipv4', [...(await reader.take(4))].join('.')]
    if (kind === 4) return ['ipv6', (await reader.take(16)).toString('hex')]
    return ['name', await textOf(reader)]
  }
  const [what, host] = await read()
  return [what, host, (await reader.take(2)).readUInt16BE()]
}

const isKnown = async (reader: SocketReader, options: SocksOptions): Promise<boolean> => {
  await reader.byte()
  const [user, password] = [await textOf(reader), await textOf(reader)]
  return user === options.user && password === options.password
}

const serve = async (socket: Socket, options: SocksOptions, asked: string[]): Promise<void> => {
  const reader = new SocketReader(socket)
  await reader.byte()
  await reader.take(await reader.byte())
  const method = options.user === undefined ? 0 : 2
  socket.write(options.method ?? Buffer.from([5, method]))
  if (method === 2) {
    const isRight = await isKnown(reader, options)
    socket.write(Buffer.from([1, isRight ? 0 : 1]))
    if (!isRight) return void socket.end()
  }
  const [kind, host, port] = await target(reader)
  reader.release()
  asked.push(`${kind} ${host}:${port}`)
  const local = options.route(host, port)
  const bound = options.bound ?? Buffer.from([1, 0, 0, 0, 0, 0, 0])
  if (local === undefined)
    return void socket.end(options.reply ?? Buffer.concat([Buffer.from([5, 5, 0]), bound]))
  const onward = connect(local, '127.0.0.1')
  onward.on('error', () => socket.destroy())
  socket.on('close', () => onward.destroy())
  await once(onward, 'connect')
  socket.write(Buffer.concat([Buffer.from([5, 0, 0]), bound]))
  socket.pipe(onward).pipe(socket)
}

export const startSocks = async (options: SocksOptions): Promise<SocksServer> => {
  const sockets = new Set<Socket>()
  const asked: string[] = []
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    serve(socket, options, asked).catch(() => socket.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    asked,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
