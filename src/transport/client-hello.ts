/** The two things of a TLS ClientHello that tell who is there: server name and ALPN (RFC 8446, 4.1.2). */
import { type Bytes, concatBytes, latin1Text, ProtocolError } from '../protocol/bytes.ts'
import { Reader } from '../protocol/reader.ts'

export interface ClientHello {
  readonly hasServerName: boolean
  /** Empty when the extension is absent. */
  readonly alpn: readonly string[]
}

const HANDSHAKE_RECORD = 22
const RECORD_HEAD_BYTES = 5
const CLIENT_HELLO = 1
const MESSAGE_HEAD_BYTES = 4
const SERVER_NAME = 0
const ALPN = 16
/** Several times what clients send, with their post-quantum keys. */
const MAX_BYTES = 16_384

/**
 * Undefined when more bytes are needed.
 * @throws ProtocolError for what is no ClientHello of sensible size
 */
export const readClientHello = (bytes: Bytes): ClientHello | undefined => {
  // with the heads of its records, which may be small or even empty
  if (bytes.length > 2 * MAX_BYTES) throw new ProtocolError('a ClientHello too long')
  const message = handshakeBytes(bytes)
  if (message.length > 0 && message[0] !== CLIENT_HELLO) throw new ProtocolError('no ClientHello')
  if (message.length < MESSAGE_HEAD_BYTES) return undefined
  const [, high = 0, middle = 0, low = 0] = message
  const end = MESSAGE_HEAD_BYTES + ((high << 16) | (middle << 8) | low)
  if (end > MAX_BYTES) throw new ProtocolError('a ClientHello too long')
  return message.length < end ? undefined : parse(message.subarray(MESSAGE_HEAD_BYTES, end))
}

/** What is there of the first message, which may be cut into several records. */
const handshakeBytes = (bytes: Bytes): Bytes => {
  const fragments: Bytes[] = []
  for (let at = 0; at < bytes.length; ) {
    const [type, major, , high = 0, low = 0] = bytes.subarray(at, at + RECORD_HEAD_BYTES)
    if (type !== HANDSHAKE_RECORD || (major !== undefined && major !== 3)) {
      if (at === 0) throw new ProtocolError('no TLS')
      break
    }
    const start = at + RECORD_HEAD_BYTES
    at = start + ((high << 8) | low)
    fragments.push(bytes.subarray(start, at))
  }
  return concatBytes(...fragments)
}

const parse = (body: Bytes): ClientHello => {
  const reader = new Reader(body)
  reader.take(2 + 32) // version, random
  reader.short() // session id
  reader.large() // cipher suites
  reader.short() // compression
  let hasServerName = false
  let alpn: readonly string[] = []
  const extensions = new Reader(reader.remaining > 0 ? reader.large() : new Uint8Array(0))
  while (extensions.remaining > 0) {
    const type = extensions.u16()
    const content = extensions.large()
    if (type === SERVER_NAME) hasServerName = true
    if (type === ALPN) alpn = protocolNames(new Reader(content).large())
  }
  return { hasServerName, alpn }
}

const protocolNames = (list: Bytes): readonly string[] => {
  const names: string[] = []
  const reader = new Reader(list)
  while (reader.remaining > 0) names.push(latin1Text(reader.short()))
  return names
}
