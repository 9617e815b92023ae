/** The kinds of value a setting can have: how the text is read, and the words for what is allowed. */
import { isIP } from 'node:net'
import { z } from 'zod'
import { isHost } from '../protocol/address.ts'
import { isPassword } from '../protocol/text.ts'
import { supportedVersions } from '../protocol/version.ts'
import { isDomain, isHostRule } from '../proxy/host-rules.ts'
import { parseSocksServer, type SocksServer } from '../proxy/socks.ts'
import { isRedisAddress } from '../store/redis/address.ts'

export interface Kind<T> {
  readonly schema: z.ZodType<T, string>
  /** Follows "must be" in problems and stands alone in the documentation. */
  readonly allowed: string
  readonly unit?: string
}

export interface IntegerLimits {
  readonly min: number
  readonly max: number
  readonly unit: string
}

const digits = z.string().regex(/^\d+$/)
const number = (min: number, max: number) =>
  digits.transform(Number).pipe(z.number().int().min(min).max(max))

export const integer = ({ min, max, unit }: IntegerLimits): Kind<number> => ({
  schema: number(min, max),
  allowed: `a whole number from ${min} to ${max}`,
  unit,
})

export const onOff: Kind<boolean> = {
  schema: z.stringbool({ truthy: ['on'], falsy: ['off'], case: 'sensitive' }),
  allowed: '`on` or `off`',
}

export const oneOf = <const T extends readonly [string, ...string[]]>(
  words: T,
): Kind<T[number]> => ({
  schema: z.enum(words),
  allowed: `one of ${words.map((word) => `\`${word}\``).join(', ')}`,
})

const list = (text: string): string[] => text.split(',').map((item) => item.trim())
const repeats = (items: readonly unknown[]): boolean => new Set(items).size < items.length

const atLeastOne = <T>(item: z.ZodType<T, string>) =>
  z
    .string()
    .transform(list)
    .pipe(z.tuple([item], item))

const LONGEST_HOST = 255

export const hosts: Kind<readonly [string, ...string[]]> = {
  schema: atLeastOne(z.string().max(LONGEST_HOST).refine(isHost)).refine((all) => !repeats(all)),
  allowed: 'host names or IP addresses (IPv6 without brackets), each once, comma separated',
}

export const hostRules: Kind<readonly [string, ...string[]]> = {
  schema: atLeastOne(z.string().refine(isHostRule)),
  allowed: 'domains, IP addresses or ranges such as `192.0.2.0/24`, comma separated',
}

export const domains: Kind<readonly [string, ...string[]]> = {
  schema: atLeastOne(z.string().refine(isDomain)),
  allowed: 'domains, comma separated',
}

const isDnsServer = (text: string): boolean => {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(text) ?? []
  const isPort = port === undefined || (Number(port) > 0 && Number(port) <= 0xffff)
  return isPort && (bracketed === undefined ? isIP(plain ?? text) !== 0 : isIP(bracketed) === 6)
}

export const dnsServers: Kind<readonly [string, ...string[]]> = {
  schema: atLeastOne(z.string().refine(isDnsServer)),
  allowed: 'IP addresses, with a port if it is not 53 (`[2001:db8::1]:5353`), comma separated',
}

export const socksServer: Kind<SocksServer> = {
  schema: z.string().transform((text, context) => {
    const server = parseSocksServer(text)
    if (server !== undefined) return server
    context.addIssue('not a SOCKS server')
    return z.NEVER
  }),
  allowed: '`[user:password@]host[:port]`, IPv6 in brackets',
}

export const ports: Kind<readonly [number, ...number[]]> = {
  schema: atLeastOne(number(0, 65_535)).refine((all) => !repeats(all.filter((port) => port > 0))),
  allowed: 'ports from 0 (any free port) to 65535, each once, comma separated',
}

export const portOrOff: Kind<number | undefined> = {
  schema: z
    .literal('off')
    .transform(() => undefined)
    .or(number(0, 65_535)),
  allowed: 'a port from 0 (any free port) to 65535, or `off`',
}

export const listenAddress: Kind<string> = {
  schema: z.string().refine((text) => isIP(text) !== 0 || isHost(text)),
  allowed: 'an IP address (IPv6 without brackets) or host name of this machine',
}

export const path: Kind<string> = {
  schema: z
    .string()
    .min(1)
    .refine((text) => !text.includes('\0')),
  allowed: 'a path',
}

export const anyText: Kind<string> = { schema: z.string().min(1), allowed: 'any text' }

const LONGEST_PASSWORD = 255

export const password: Kind<string> = {
  schema: z.string().min(1).max(LONGEST_PASSWORD).refine(isPassword),
  allowed: `1 to ${LONGEST_PASSWORD} printable Latin-1 characters without white space, \`@\`, \`:\` and \`/\``,
}

const { min: oldest, max: newest } = supportedVersions
const version = number(oldest, newest)

export const versionRange: Kind<{ readonly min: number; readonly max: number }> = {
  schema: z
    .string()
    .regex(/^\d+(?:-\d+)?$/)
    .transform((text) => {
      const [min, max = min] = text.split('-')
      return { min, max }
    })
    .pipe(z.object({ min: version, max: version }))
    .refine(({ min, max }) => min <= max),
  allowed: `a version or a range of versions from ${oldest} to ${newest}, such as \`${oldest}-${newest}\``,
}

export const redisAddress: Kind<string> = {
  schema: z.string().refine(isRedisAddress),
  allowed: '`redis://[user:password@]host[:port][/db]`, `redis+cluster://` or `redis+sentinel://`',
}

const CLUSTER_KEY_BYTES = 32
const hexKey = z
  .string()
  .regex(/^[0-9a-fA-F]{64}$/)
  .transform((text) => new Uint8Array(Buffer.from(text, 'hex')))

export const clusterKeys: Kind<readonly [Uint8Array, ...Uint8Array[]]> = {
  schema: atLeastOne(hexKey),
  allowed: `${2 * CLUSTER_KEY_BYTES} hexadecimal digits (\`openssl rand -hex ${CLUSTER_KEY_BYTES}\`), or several keys, the newest first`,
}

const LARGEST_PARTITIONS = 4096

export const partitions: Kind<number> = {
  schema: number(1, LARGEST_PARTITIONS).refine((count) => (count & (count - 1)) === 0),
  allowed: `a power of two up to ${LARGEST_PARTITIONS}`,
}
