/** From the server that PRXY names to the one host that is connected to. */
import { isIP } from 'node:net'
import { DEFAULT_PORT } from '../protocol/address.ts'
import type { RelayServer } from '../protocol/command.ts'
import { isPublicAddress } from './addresses.ts'
import { type HostRules, looksNumeric, plainName } from './host-rules.ts'

export interface TargetRules {
  readonly allow: HostRules | undefined
  readonly deny: HostRules
  readonly allowPrivate: boolean
  /** Which hosts go through the SOCKS server; undefined where there is none. */
  readonly socks: 'onion' | 'always' | undefined
  readonly hostMode: 'public' | 'onion'
  /** Whether only hosts of that kind are used. */
  readonly hostRequired: boolean
}

export interface Target {
  readonly host: string
  readonly port: number
  /** Through the SOCKS server, which then resolves the name. */
  readonly viaSocks: boolean
}

const isOnion = (host: string): boolean => plainName(host).endsWith('.onion')

const isLocalName = (host: string): boolean => /(?:^|\.)localhost$/.test(plainName(host))

/** An address may be used as what it is; the one that a name stands for is looked at later. */
export const isAllowedAddress = (rules: TargetRules, address: string, host = address): boolean => {
  const { allow, deny, allowPrivate } = rules
  if (deny.hasAddress(address) || !(allowPrivate || isPublicAddress(address))) return false
  return allow === undefined || allow.hasAddress(address) || allow.hasName(host)
}

const isUsable = (rules: TargetRules, host: string): boolean => {
  const viaSocks = goesViaSocks(rules, host)
  if (isIP(host) !== 0) return isAllowedAddress(rules, host)
  if (rules.deny.hasName(host) || (isOnion(host) && !viaSocks)) return false
  if (!viaSocks) return true
  // nobody but the SOCKS server sees the address
  if (!rules.allowPrivate && (isLocalName(host) || looksNumeric(host))) return false
  return rules.allow === undefined || rules.allow.hasName(host)
}

const goesViaSocks = ({ socks }: TargetRules, host: string): boolean =>
  socks === 'always' || (socks === 'onion' && isOnion(host))

const portOf = (text: string): number | undefined => {
  if (text === '') return DEFAULT_PORT
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0
  return port > 0 && port <= 0xffff ? port : undefined
}

/** Undefined where no host may be used, or none of the required kind (Client.hs, chooseTransportHost). */
export const targetOf = (server: RelayServer, rules: TargetRules): Target | undefined => {
  const port = portOf(server.port)
  const usable = server.hosts.filter((host) => isUsable(rules, host))
  const preferred = usable.find((host) => isOnion(host) === (rules.hostMode === 'onion'))
  const host = preferred ?? (rules.hostRequired ? undefined : usable[0])
  if (host === undefined || port === undefined) return undefined
  return { host, port, viaSocks: goesViaSocks(rules, host) }
}
