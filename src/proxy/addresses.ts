/**
 * Which addresses are on the public internet. Everything else is somebody's own network, in which a
 * client must not be able to make a relay knock at doors (server-side request forgery).
 */
import { BlockList, isIP } from 'node:net'

type Subnet = readonly [network: string, prefix: number]

/** RFC 6890 and its successors, and one public address with which Azure reaches its own machines. */
const notPublic4: readonly Subnet[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10], // carriers' own, and Alibaba's metadata
  ['127.0.0.0', 8],
  ['168.63.129.16', 32],
  ['169.254.0.0', 16], // link-local, and the metadata of most clouds
  ['172.16.0.0', 12],
  ['192.0.0.0', 24], // Oracle's metadata too
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
]

/** All that is given out to the public, and the gateways of IPv6 networks to IPv4. */
const global6: readonly Subnet[] = [
  ['2000::', 3],
  ['64:ff9b::', 96],
]

const notPublic6: readonly Subnet[] = [
  ['2001::', 23], // tunnels and other protocols
  ['2001:db8::', 32],
  ['2002::', 16], // 6to4: leads to any IPv4 address
  ['3fff::', 20],
  ...notPublic4.map(([network, prefix]): Subnet => [`64:ff9b::${network}`, 96 + prefix]),
]

const listOf = (subnets: readonly Subnet[], family: 'ipv4' | 'ipv6'): BlockList => {
  const list = new BlockList()
  for (const [network, prefix] of subnets) list.addSubnet(network, prefix, family)
  return list
}

const refused4 = listOf(notPublic4, 'ipv4')
const known6 = listOf(global6, 'ipv6')
const refused6 = listOf(notPublic6, 'ipv6')

/** False for what is no IP address too. */
export const isPublicAddress = (address: string): boolean => {
  const family = isIP(address)
  if (family === 4) return !refused4.check(address, 'ipv4')
  // a zone, as in fe80::1%eth0, is of one machine; IPv4 addresses mapped into IPv6 are not known
  if (family !== 6 || address.includes('%')) return false
  return known6.check(address, 'ipv6') && !refused6.check(address, 'ipv6')
}
