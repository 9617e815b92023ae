/** Lists of destinations that operators give: domains, addresses and ranges of addresses. */
import { BlockList, isIP } from 'node:net'

const MOST_BITS: Readonly<Record<number, number>> = { 4: 32, 6: 128 }
const domain = /^(?:[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?\.)*[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?$/i

const splitRange = (rule: string): readonly [network: string, family: number, prefix: number] => {
  const [network = '', prefix] = rule.split('/')
  const family = isIP(network)
  const most = MOST_BITS[family] ?? 0
  if (prefix === undefined) return [network, family, most]
  return [network, /^\d{1,3}$/.test(prefix) ? family : 0, Number(prefix)]
}

const isRange = (rule: string): boolean => {
  const [network, family, prefix] = splitRange(rule)
  const hasParts = rule.split('/').length <= 2
  return family !== 0 && hasParts && !network.includes('%') && prefix <= (MOST_BITS[family] ?? 0)
}

/** A name that would be read as an IPv4 address by some, such as `127.1` or `0x7f.1`. */
export const looksNumeric = (host: string): boolean =>
  /^(?:\d+|0x[0-9a-f]*)$/i.test(host.replace(/\.$/, '').split('.').at(-1) ?? '')

export const isDomain = (text: string): boolean => domain.test(text) && !looksNumeric(text)
export const isHostRule = (rule: string): boolean => isRange(rule) || isDomain(rule)

/** As names are compared: `Example.org.` is `example.org`. */
export const plainName = (host: string): string => host.toLowerCase().replace(/\.$/, '')

const isWithin = (host: string, rule: string): boolean => host === rule || host.endsWith(`.${rule}`)

export class HostRules {
  readonly #domains: readonly string[]
  readonly #ranges4 = new BlockList()
  readonly #ranges6 = new BlockList()

  constructor(rules: readonly string[]) {
    this.#domains = rules.filter((rule) => !isRange(rule)).map(plainName)
    for (const [network, family, prefix] of rules.filter(isRange).map(splitRange))
      if (family === 4) this.#ranges4.addSubnet(network, prefix, 'ipv4')
      else this.#ranges6.addSubnet(network, prefix, 'ipv6')
  }

  /** Whether the name is a listed domain or below one. */
  hasName(host: string): boolean {
    return this.#domains.some((rule) => isWithin(plainName(host), rule))
  }

  hasAddress(address: string): boolean {
    const family = isIP(address)
    if (family === 4) return this.#ranges4.check(address, 'ipv4')
    if (family !== 6) return false
    // those of IPv4 mean addresses mapped into IPv6 too; `::/0` does not mean IPv4
    return this.#ranges6.check(address, 'ipv6') || this.#ranges4.check(address, 'ipv6')
  }
}
