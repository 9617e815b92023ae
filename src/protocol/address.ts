/** Server addresses: `smp://KEYHASH[:PASSWORD]@HOST[,HOST][:PORT]` (Protocol.hs, ProtoServer). */
import { type Bytes, ProtocolError } from './bytes.ts'
import { base64url, fromBase64url, isPassword } from './text.ts'

export const DEFAULT_PORT = 5223
const KEY_HASH_BYTES = 32

export interface ServerAddress {
  /** SHA-256 of the whole identity certificate. */
  readonly keyHash: Bytes
  readonly password?: string
  readonly hosts: readonly [string, ...string[]]
  /** Undefined: the client's default, 5223. */
  readonly port?: number
}

const ipv4 = /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}$/
const ipv6 = /^[0-9a-fA-F:]*:[0-9a-fA-F:.]*$/

export const isIpv6 = (text: string): boolean => {
  if (!ipv6.test(text)) return false
  try {
    return new URL(`smp://[${text}]`).hostname !== ''
  } catch {
    return false
  }
}

/** Whether `text` can stand as a host: IPv4, IPv6 without brackets, v3-like onion or a name. */
export const isHost = (text: string): boolean => {
  if (ipv4.test(text) || isIpv6(text)) return true
  if (/^\d+(?:\.\d+){3,}$/.test(text)) return false
  if (text.endsWith('.onion')) return /^[a-z0-9]+\.onion$/.test(text)
  // ASCII only: a wider character would be another byte on the wire
  return /^[!-~]+$/.test(text) && !/[:#,;/@[\]]/.test(text)
}

/** The host in `text`, where IPv6, and nothing else, may be in brackets. */
export const hostOf = (text: string): string | undefined => {
  const inside = /^\[(.*)\]$/s.exec(text)?.[1]
  if (inside === undefined) return isHost(text) ? text : undefined
  return isIpv6(inside) ? inside : undefined
}

const invalid = (what: string): never => {
  throw new ProtocolError(`not an SMP server address: ${what}`)
}

const splitHosts = (text: string): { hosts: readonly string[]; port?: number } => {
  const hosts: string[] = []
  let rest = text
  for (;;) {
    const found = isIpv6(rest) ? rest : /^(?:\[[^\]]*\]|[^,[\]]*?)(?=,|:\d+$|$)/.exec(rest)?.[0]
    const host = hostOf(found ?? '')
    if (found === undefined || host === undefined) return invalid('no valid host')
    hosts.push(host)
    rest = rest.slice(found.length)
    if (rest === '') return { hosts }
    if (rest.startsWith(':')) return { hosts, port: parsePort(rest.slice(1)) }
    rest = rest.slice(1)
  }
}

const parsePort = (text: string): number => {
  const port = Number(text)
  return /^\d+$/.test(text) && port <= 0xffff ? port : invalid('port over 65535')
}

/** @throws ProtocolError with one line that says what is wrong */
export const parseServerAddress = (text: string): ServerAddress => {
  const parts = /^smp:\/\/([^:@]*)(?::([^@]*))?@(.*)$/su.exec(text)
  if (parts === null) return invalid('expected smp://FINGERPRINT[:PASSWORD]@HOST[,HOST][:PORT]')
  const [, hash = '', password, hostText = ''] = parts
  const keyHash = fromBase64url(hash)
  if (keyHash.length !== KEY_HASH_BYTES) return invalid('the fingerprint is not 32 bytes')
  if (password !== undefined && (password === '' || !isPassword(password)))
    return invalid('the password has a character that is not allowed')
  const { hosts, port } = splitHosts(hostText)
  const [first, ...others] = hosts
  if (first === undefined) return invalid('no host')
  return {
    keyHash,
    hosts: [first, ...others],
    ...(password !== undefined && { password }),
    ...(port !== undefined && { port }),
  }
}

/** IPv6 hosts are printed in brackets, which every parser takes (the reference omits them). */
export const printServerAddress = (address: ServerAddress): string => {
  const password = address.password === undefined ? '' : `:${address.password}`
  const hosts = address.hosts.map((host) => (isIpv6(host) ? `[${host}]` : host)).join(',')
  const port = address.port === undefined ? '' : `:${address.port}`
  return `smp://${base64url(address.keyHash)}${password}@${hosts}${port}`
}
