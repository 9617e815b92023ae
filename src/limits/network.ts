/** Whose connections count together: an IPv4 address, or the /64 that a household or server has. */
import { BlockList, isIP } from 'node:net'
import type { Bytes } from '../protocol/bytes.ts'
import type { Network } from './numbers.ts'

const HEXTETS = 8
/** IPv4 inside IPv6: `::ffff:0:0/96`, and as gateways between the two write it (RFC 6052). */
const ipv4Prefixes: readonly (readonly number[])[] = [
  [0, 0, 0, 0, 0, 0xffff],
  [0x64, 0xff9b, 0, 0, 0, 0],
]

const hextetsOf = (text: string): readonly number[] => {
  if (text === '') return []
  return text.split(':').flatMap((part) => {
    if (!part.includes('.')) return [Number.parseInt(part, 16)]
    const [a = 0, b = 0, c = 0, d = 0] = part.split('.').map(Number)
    return [(a << 8) | b, (c << 8) | d]
  })
}

const expand = (address: string): readonly number[] => {
  const [left = '', right] = address.split('::')
  const head = hextetsOf(left)
  if (right === undefined) return head
  const tail = hextetsOf(right)
  return [...head, ...new Array<number>(HEXTETS - head.length - tail.length).fill(0), ...tail]
}

const bytesOf = (hextets: readonly number[]): Bytes =>
  Uint8Array.from(hextets.flatMap((hextet) => [hextet >>> 8, hextet & 0xff]))

/** An address without its zone, which only means something on its own machine. */
const withoutZone = (address: string): string => address.split('%')[0] ?? ''

/** 4 bytes, or the first 8 of an IPv6 address; undefined for what is no address. */
export const networkOf = (address: string): Bytes | undefined => {
  const plain = withoutZone(address)
  const family = isIP(plain)
  if (family === 4) return Uint8Array.from(plain.split('.').map(Number))
  if (family !== 6) return undefined
  const hextets = expand(plain)
  const isIPv4 = ipv4Prefixes.some((prefix) => prefix.every((one, i) => hextets[i] === one))
  return bytesOf(isIPv4 ? hextets.slice(6) : hextets.slice(0, 4))
}

export const listOf = (networks: readonly Network[]): BlockList => {
  const list = new BlockList()
  for (const { address, prefix, family } of networks) list.addSubnet(address, prefix, family)
  return list
}

export const isListed = (list: BlockList, address: string): boolean => {
  const plain = withoutZone(address)
  const family = isIP(plain)
  return family !== 0 && list.check(plain, family === 4 ? 'ipv4' : 'ipv6')
}

/** Networks whose addresses are no client's on the internet: a load balancer's, or a node's. */
const inside = listOf([
  { address: '10.0.0.0', family: 'ipv4', prefix: 8 },
  { address: '100.64.0.0', family: 'ipv4', prefix: 10 },
  { address: '127.0.0.0', family: 'ipv4', prefix: 8 },
  { address: '169.254.0.0', family: 'ipv4', prefix: 16 },
  { address: '172.16.0.0', family: 'ipv4', prefix: 12 },
  { address: '192.168.0.0', family: 'ipv4', prefix: 16 },
  { address: '::1', family: 'ipv6', prefix: 128 },
  { address: 'fc00::', family: 'ipv6', prefix: 7 },
  { address: 'fe80::', family: 'ipv6', prefix: 10 },
])

export const isInside = (address: string): boolean => isListed(inside, address)
