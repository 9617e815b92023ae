/** The errors of the protocol as values, and their wire words (SMP, "Error responses"). */
import { type Bytes, latin1Text, ProtocolError, utf8Bytes, utf8Text } from './bytes.ts'
import type { Reader } from './reader.ts'
import { hasBlockedError, hasBlockedNotice, type Version } from './version.ts'
import type { Writer } from './writer.ts'

const plainCodes = [
  'BLOCK',
  'SESSION',
  'AUTH',
  'SERVICE',
  'CRYPTO',
  'QUOTA',
  'NO_MSG',
  'LARGE_MSG',
  'EXPIRED',
  'INTERNAL',
  'DUPLICATE_',
] as const
const commandReasons = [
  'UNKNOWN',
  'SYNTAX',
  'PROHIBITED',
  'NO_AUTH',
  'HAS_AUTH',
  'NO_ENTITY',
] as const
const transportCodes = [
  'BLOCK',
  'VERSION',
  'LARGE_MSG',
  'SESSION',
  'NO_AUTH',
  'HANDSHAKE PARSE',
  'HANDSHAKE IDENTITY',
  'HANDSHAKE BAD_AUTH',
  'HANDSHAKE BAD_SERVICE',
] as const
const brokerCodes = ['NETWORK', 'TIMEOUT', 'HOST', 'NO_SERVICE'] as const

export type PlainCode = (typeof plainCodes)[number]
export type CommandReason = (typeof commandReasons)[number]
export type TransportCode = (typeof transportCodes)[number]
export type BlockingReason = 'spam' | 'content'

/** Why a queue is blocked; a notice without `ttlSeconds` has no end. */
export interface Blocking {
  readonly reason: BlockingReason
  readonly notice?: { readonly ttlSeconds?: number }
}

export type BrokerError =
  | { readonly code: (typeof brokerCodes)[number] }
  | { readonly code: 'RESPONSE' | 'UNEXPECTED'; readonly text: string }
  | { readonly code: 'TRANSPORT'; readonly transport: TransportCode }

export type ProxyError =
  | { readonly code: 'PROTOCOL'; readonly error: SmpError }
  | { readonly code: 'BROKER'; readonly error: BrokerError }
  | { readonly code: 'BASIC_AUTH' | 'NO_SESSION' }

export type SmpError =
  | { readonly code: PlainCode }
  | { readonly code: 'CMD'; readonly reason: CommandReason }
  | { readonly code: 'PROXY'; readonly proxy: ProxyError }
  | { readonly code: 'BLOCKED'; readonly blocking: Blocking }
  | { readonly code: 'STORE'; readonly text: string }

const SPACE = 0x20

/** The word up to the next space or the end; it keeps the space where parameters follow. */
const readWord = (reader: Reader): string => {
  const word: number[] = []
  while (reader.remaining > 0) {
    const byte = reader.u8()
    if (byte === SPACE) return String.fromCharCode(...word, SPACE)
    word.push(byte)
  }
  return String.fromCharCode(...word)
}

const blockingText = ({ reason, notice }: Blocking, withNotice: boolean): string => {
  if (notice === undefined || !withNotice) return `BLOCKED reason=${reason}`
  const json = notice.ttlSeconds === undefined ? '{}' : `{"ttl":${notice.ttlSeconds}}`
  return `BLOCKED reason=${reason},notice=${json}`
}

const writeBroker = (writer: Writer, error: BrokerError): Writer => {
  if (error.code === 'TRANSPORT') return writer.text(`TRANSPORT ${error.transport}`)
  if ('text' in error) return writer.text(`${error.code} `).short(utf8Bytes(error.text))
  return writer.text(error.code)
}

const writeProxy = (writer: Writer, proxy: ProxyError): Writer => {
  if (proxy.code === 'PROTOCOL') return writeNested(writer.text('PROTOCOL '), proxy.error, true)
  if (proxy.code === 'BROKER') return writeBroker(writer.text('BROKER '), proxy.error)
  return writer.text(proxy.code)
}

const writeNested = (writer: Writer, error: SmpError, withNotice: boolean): Writer => {
  if (error.code === 'CMD') return writer.text(`CMD ${error.reason}`)
  if (error.code === 'PROXY') return writeProxy(writer.text('PROXY '), error.proxy)
  if (error.code === 'BLOCKED') return writer.text(blockingText(error.blocking, withNotice))
  if (error.code === 'STORE') return writer.text('STORE ').raw(utf8Bytes(error.text))
  return writer.text(error.code)
}

/** BLOCKED depends on the version only as the outermost error. */
export const writeError = (writer: Writer, error: SmpError, version: Version): Writer =>
  error.code === 'BLOCKED' && !hasBlockedError(version)
    ? writer.text('AUTH')
    : writeNested(writer, error, hasBlockedNotice(version))

/** Later versions may add fields; a `ttl` of null or none means no end. */
const parseNotice = (json: string): NonNullable<Blocking['notice']> => {
  let notice: unknown
  try {
    notice = JSON.parse(json)
  } catch (cause) {
    throw new ProtocolError('the notice is not JSON', { cause })
  }
  if (typeof notice !== 'object' || notice === null || Array.isArray(notice))
    throw new ProtocolError('the notice is not an object')
  const ttl: unknown = 'ttl' in notice ? notice.ttl : null
  if (ttl === null) return {}
  if (!Number.isSafeInteger(ttl)) throw new ProtocolError('ttl is not a number of seconds')
  return { ttlSeconds: Number(ttl) }
}

/** `reason=…[,notice=JSON]` */
export const parseBlocking = (text: string): Blocking => {
  const parts = /^reason=(spam|content)(?:,notice=(.*))?$/su.exec(text)
  const reason = parts?.[1]
  if (reason !== 'spam' && reason !== 'content') throw new ProtocolError('unknown blocking reason')
  return parts?.[2] === undefined ? { reason } : { reason, notice: parseNotice(parts[2]) }
}

const oneOf = <T extends string>(known: readonly T[], word: string): T => {
  const found = known.find((one) => one === word)
  if (found === undefined) throw new ProtocolError('unknown error word')
  return found
}

const restText = (reader: Reader): string => latin1Text(reader.rest())

const readBroker = (reader: Reader): BrokerError => {
  const word = readWord(reader)
  if (word === 'TRANSPORT ')
    return { code: 'TRANSPORT', transport: oneOf(transportCodes, restText(reader)) }
  if (word === 'RESPONSE ' || word === 'UNEXPECTED ') {
    const code = word === 'RESPONSE ' ? 'RESPONSE' : 'UNEXPECTED'
    return { code, text: utf8Text(reader.short()) }
  }
  if (word === 'NETWORK ') return readNetwork(reader)
  return { code: oneOf(brokerCodes, word) }
}

// Agent/Protocol of newer clients: a reason after NETWORK, read and dropped
const readNetwork = (reader: Reader): BrokerError => {
  const word = readWord(reader)
  if (['CONNECT ', 'TLS ', 'SUBSCRIBE '].includes(word)) reader.short()
  else oneOf(['UNKNOWNCA', 'FAILED', 'TIMEOUT'], word)
  return { code: 'NETWORK' }
}

const readProxy = (reader: Reader): ProxyError => {
  const word = readWord(reader)
  if (word === 'PROTOCOL ') return { code: 'PROTOCOL', error: readError(reader) }
  if (word === 'BROKER ') return { code: 'BROKER', error: readBroker(reader) }
  return { code: oneOf(['BASIC_AUTH', 'NO_SESSION'], word) }
}

const readCommandReason = (reader: Reader): CommandReason => {
  const word = restText(reader)
  return word === 'NO_QUEUE' ? 'NO_ENTITY' : oneOf(commandReasons, word)
}

/** Reads to the end of an error, which need not be the end of the input inside PROXY errors. */
export const readError = (reader: Reader): SmpError => {
  const word = readWord(reader)
  if (word === 'CMD ') return { code: 'CMD', reason: readCommandReason(reader) }
  if (word === 'PROXY ') return { code: 'PROXY', proxy: readProxy(reader) }
  if (word === 'BLOCKED ') return { code: 'BLOCKED', blocking: parseBlocking(restText(reader)) }
  if (word === 'STORE ') return { code: 'STORE', text: utf8Text(reader.rest()) }
  return { code: oneOf(plainCodes, word) }
}

/** The wire text of a handshake error (SMP, "Transport handshake"). */
export const transportErrorText = (error: TransportCode): string => error
export const parseTransportError = (bytes: Bytes): TransportCode =>
  oneOf(transportCodes, latin1Text(bytes))

/** An error as the protocol spells it, for people: `CMD SYNTAX`, `BLOCKED reason=spam`. */
export const errorText = (error: SmpError): string => {
  if (error.code === 'CMD') return `CMD ${error.reason}`
  if (error.code === 'BLOCKED') return blockingText(error.blocking, true)
  if (error.code === 'STORE') return `STORE ${error.text}`
  if (error.code !== 'PROXY') return error.code
  const { proxy } = error
  if (proxy.code === 'PROTOCOL') return `PROXY PROTOCOL ${errorText(proxy.error)}`
  if (proxy.code !== 'BROKER') return `PROXY ${proxy.code}`
  const { error: broker } = proxy
  if (broker.code === 'TRANSPORT') return `PROXY BROKER TRANSPORT ${broker.transport}`
  return 'text' in broker
    ? `PROXY BROKER ${broker.code} ${broker.text}`
    : `PROXY BROKER ${broker.code}`
}
