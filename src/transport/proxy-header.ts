/**
 * The PROXY header, versions 1 and 2, in which a load balancer names the client it speaks for
 * (haproxy.org, "The PROXY protocol").
 */
import { isIPv4, isIPv6 } from 'node:net'
import { type Bytes, equalBytes, latin1Text, ProtocolError } from '../protocol/bytes.ts'

export interface ProxyHeader {
  /** Bytes of the header. */
  readonly used: number
  /** Undefined where the balancer speaks for itself (health checks) or does not know. */
  readonly clientAddress: string | undefined
}

const V1_SIGN = 'PROXY '
/** The longest line there can be, its line break included. */
const V1_MAX_BYTES = 107
const V2_SIGN = Uint8Array.of(13, 10, 13, 10, 0, 13, 10, 0x51, 0x55, 0x49, 0x54, 10)
const V2_HEAD_BYTES = 16
/** Addresses and what balancers add in practice; the format would allow 64 KB. */
const V2_MAX_BODY_BYTES = 1024
const LOCAL = 0x20
const PROXY = 0x21
const TLV_HEAD_BYTES = 3

const invalid = (what: string): never => {
  throw new ProtocolError(`PROXY header: ${what}`)
}

/** @throws ProtocolError for what is no header; undefined when more bytes are needed to tell */
export const readProxyHeader = (bytes: Bytes): ProxyHeader | undefined => {
  const isPrefix = (sign: Bytes): boolean => {
    const length = Math.min(bytes.length, sign.length)
    return equalBytes(bytes.subarray(0, length), sign.subarray(0, length))
  }
  if (isPrefix(V2_SIGN)) return readV2(bytes)
  if (V1_SIGN.startsWith(latin1Text(bytes.subarray(0, V1_SIGN.length)))) return readV1(bytes)
  return invalid('absent')
}

const readV1 = (bytes: Bytes): ProxyHeader | undefined => {
  const start = latin1Text(bytes.subarray(0, V1_MAX_BYTES))
  const end = start.indexOf('\r\n')
  if (end < 0) return bytes.length < V1_MAX_BYTES ? undefined : invalid('a line without an end')
  const line = start.slice(0, end)
  const used = end + 2
  if (line === 'PROXY UNKNOWN' || line.startsWith('PROXY UNKNOWN '))
    return { used, clientAddress: undefined }
  const [, family, source = '', target = '', ...portTexts] = line.split(' ')
  const isAddress = family === 'TCP4' ? isIPv4 : family === 'TCP6' ? isPlainIPv6 : isNoAddress
  if (!isAddress(source) || !isAddress(target)) invalid('an address')
  if (portTexts.length !== 2 || !portTexts.every(isPort)) invalid('a port')
  return { used, clientAddress: source }
}

/** Without a zone, which names an interface of another machine. */
const isPlainIPv6 = (text: string): boolean => isIPv6(text) && !text.includes('%')
const isNoAddress = (): boolean => false
const isPort = (text: string): boolean =>
  /^(?:0|[1-9]\d{0,4})$/.test(text) && Number(text) <= 0xffff

interface Family {
  /** Source, target and ports. */
  readonly length: number
  source(addresses: Bytes): string | undefined
}

const hextets = (bytes: Bytes): string =>
  Array.from({ length: 8 }, (_, i) =>
    (((bytes[2 * i] ?? 0) << 8) | (bytes[2 * i + 1] ?? 0)).toString(16),
  ).join(':')

const families: ReadonlyMap<number, Family> = new Map<number, Family>([
  [0x00, { length: 0, source: () => undefined }],
  [0x11, { length: 12, source: (addresses) => addresses.subarray(0, 4).join('.') }],
  [0x21, { length: 36, source: (addresses) => hextets(addresses.subarray(0, 16)) }],
  [0x31, { length: 216, source: () => undefined }],
])

const readV2 = (bytes: Bytes): ProxyHeader | undefined => {
  if (bytes.length < V2_HEAD_BYTES) return undefined
  const [command, protocol = -1, high = 0, low = 0] = bytes.subarray(V2_SIGN.length)
  const length = (high << 8) | low
  if (command !== LOCAL && command !== PROXY) invalid('a version or command')
  if (length > V2_MAX_BODY_BYTES) invalid('too long')
  const used = V2_HEAD_BYTES + length
  if (bytes.length < used) return undefined
  // what follows LOCAL is to be skipped, whatever it is
  if (command === LOCAL) return { used, clientAddress: undefined }
  const family = families.get(protocol) ?? invalid('a protocol that is not TCP')
  if (length < family.length) invalid('addresses too short')
  const body = bytes.subarray(V2_HEAD_BYTES, used)
  checkAdditions(body.subarray(family.length))
  return { used, clientAddress: family.source(body) }
}

/** Type, length, value; what they say does not concern us, but they have to fit. */
const checkAdditions = (additions: Bytes): void => {
  for (let at = 0; at < additions.length; ) {
    const [, high, low] = additions.subarray(at, at + TLV_HEAD_BYTES)
    at += TLV_HEAD_BYTES + (((high ?? 0) << 8) | (low ?? 0))
    if (at > additions.length) invalid('an addition cut short')
  }
}
