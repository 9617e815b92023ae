/** Where the relay under fuzz is reached, and connections to it. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { Choices } from './choices.ts'
import { Finding } from './finding.ts'

export interface Place {
  /** `smp://…` with the first SMP port. */
  readonly address: string
  readonly keyHash: Uint8Array
  /** TLS: SMP, and web pages for those who name a server. */
  readonly smpPort: number
  /** HTTP and WebSocket without TLS. */
  readonly wsPort: number
  readonly opsPort: number
  readonly adminPort: number
  readonly adminToken: string
}

/** So long does the relay wait for the bytes of a handshake. */
export const HANDSHAKE_MS = 3_000

export const HOST = '127.0.0.1'
/** Connections from here begin with a PROXY header. */
export const BALANCER = '127.0.0.9'

/** A connection from some address of this machine, none of them the balancer's. */
export const dialPlain = async (
  port: number,
  choices: Choices,
  localAddress = `127.0.${choices.between(1, 250)}.${choices.between(10, 250)}`,
): Promise<Socket> => {
  const socket = connect({ port, host: HOST, localAddress })
  socket.on('error', () => undefined)
  const opened = once(socket, 'connect').then(() => true)
  const isOpen = await Promise.race([opened, once(socket, 'close').then(() => false)]).catch(
    () => false,
  )
  if (!isOpen) throw new Finding(`port ${port} takes no connections`)
  return socket
}

/** Longer than the relay waits for anybody: it has to say something, or to close. */
const PATIENCE_MS = 20_000

export interface Heard {
  readonly bytes: Buffer
  /** Whether the relay closed; otherwise it has said enough. */
  readonly isClosed: boolean
}

/**
 * What comes until the relay closes, or until `isEnough` says so.
 * @throws Finding when neither is in time
 */
export const hear = async (
  socket: Socket,
  isEnough: (bytes: Buffer) => boolean,
): Promise<Heard> => {
  const chunks: Buffer[] = []
  const heard: PromiseWithResolvers<Heard> = Promise.withResolvers()
  const timer = setTimeout(
    () => heard.reject(new Finding('the relay neither answers nor closes')),
    PATIENCE_MS,
  )
  const end = (isClosed: boolean) => heard.resolve({ bytes: Buffer.concat(chunks), isClosed })
  socket.on('data', (chunk: Buffer) => {
    chunks.push(chunk)
    if (isEnough(Buffer.concat(chunks))) end(false)
  })
  socket.on('end', () => end(true))
  socket.on('close', () => end(true))
  if (socket.closed) end(true)
  try {
    return await heard.promise
  } finally {
    clearTimeout(timer)
    socket.destroy()
  }
}

/** In pieces, as networks may deliver it. */
export const writeInPieces = async (
  socket: Socket,
  bytes: Uint8Array,
  choices: Choices,
): Promise<void> => {
  let left = bytes
  const pieces = choices.percent(70) ? 1 : choices.between(2, 4)
  for (let piece = 1; piece < pieces && left.length > 0; piece++) {
    const length = choices.below(left.length + 1)
    socket.write(left.subarray(0, length))
    left = left.subarray(length)
    await new Promise((resolve) => setImmediate(resolve))
  }
  if (left.length > 0) socket.write(left)
}
