/** Reading the values of options and arguments; a wrong one is a Misuse. */
import { quote } from '../config/problem.ts'
import { hosts, integer, redisAddress } from '../config/values.ts'
import type { SignAlgorithm } from '../crypto/provider.ts'
import { parseServerAddress, type ServerAddress } from '../protocol/address.ts'
import { ProtocolError } from '../protocol/bytes.ts'
import { Misuse } from './command.ts'

const algorithms: ReadonlyMap<string, SignAlgorithm> = new Map([
  ['ed25519', 'Ed25519'],
  ['ed448', 'Ed448'],
])

export const algorithmOption = (text: string): SignAlgorithm => {
  const algorithm = algorithms.get(text.toLowerCase())
  if (algorithm === undefined)
    throw new Misuse(`--algorithm ${quote(text)} must be ${[...algorithms.keys()].join(' or ')}`)
  return algorithm
}

export const hostsOption = (text: string): readonly [string, ...string[]] => {
  const parsed = hosts.schema.safeParse(text)
  if (!parsed.success) throw new Misuse(`--host ${quote(text)} must be ${hosts.allowed}`)
  return parsed.data
}

export const numberOption = (
  option: string,
  text: string,
  limits: { readonly min: number; readonly max: number; readonly unit: string },
): number => {
  const { schema, allowed, unit } = integer(limits)
  const parsed = schema.safeParse(text)
  if (!parsed.success) throw new Misuse(`${option} ${quote(text)} must be ${allowed} (${unit})`)
  return parsed.data
}

/** It may hold a password, so it is not shown. */
export const redisOption = (text: string): string => {
  if (!redisAddress.schema.safeParse(text).success)
    throw new Misuse(`--redis must be ${redisAddress.allowed.replaceAll('`', '')}`)
  return text
}

const notAnAddress = 'not an SMP server address'

const serverAddress = (text: string): ServerAddress => {
  try {
    return parseServerAddress(text)
  } catch (cause) {
    if (!(cause instanceof ProtocolError)) throw cause
    // the address itself is not shown: it may hold a password
    const { message } = cause
    const problem = message.startsWith(notAnAddress) ? message : `${notAnAddress}: ${message}`
    throw new Misuse(problem, { cause })
  }
}

/** The one argument `smp://…`, or undefined where none is given. */
export const addressArgument = (positionals: readonly string[]): ServerAddress | undefined => {
  const [text, ...others] = positionals
  if (others.length > 0) throw new Misuse('only one address can be given')
  return text === undefined ? undefined : serverAddress(text)
}

/** The arguments `smp://…`, of which there is one at least. */
export const addressArguments = (
  positionals: readonly string[],
): readonly [ServerAddress, ...ServerAddress[]] => {
  const [first, ...others] = positionals.map(serverAddress)
  if (first === undefined) throw new Misuse('the address of a server is needed: smp://…')
  return [first, ...others]
}

export const addressOption = (option: string, text: string): ServerAddress => {
  try {
    return serverAddress(text)
  } catch (error) {
    throw error instanceof Misuse ? new Misuse(`${option}: ${error.message}`) : error
  }
}
