/** The kinds of value that only the web part has. */
import { isIP, isIPv4 } from 'node:net'
import { z } from 'zod'
import type { Kind } from './values.ts'

/** Addresses that share their first bits. */
export interface Network {
  readonly address: string
  readonly family: 'ipv4' | 'ipv6'
  readonly prefix: number
}

const listOf = <T>(item: z.ZodType<T, string>) =>
  z
    .string()
    .transform((text) => text.split(',').map((one) => one.trim()))
    .pipe(z.tuple([item], item))

const network = z
  .string()
  .regex(/^[0-9a-fA-F:.]+(?:\/(?:0|[1-9]\d{0,2}))?$/)
  .refine((text) => isIP(text.split('/')[0] ?? '') !== 0)
  .transform((text): Network => {
    const [address = '', prefix] = text.split('/')
    const family = isIPv4(address) ? 'ipv4' : 'ipv6'
    const bits = family === 'ipv4' ? 32 : 128
    return { address, family, prefix: prefix === undefined ? bits : Number(prefix) }
  })
  .refine(({ family, prefix }) => prefix <= (family === 'ipv4' ? 32 : 128))

export const networks: Kind<readonly [Network, ...Network[]]> = {
  schema: listOf(network),
  allowed: 'IP addresses or networks such as `10.0.0.0/8` and `2001:db8::/32`, comma separated',
}

const isOrigin = (text: string): boolean => {
  try {
    return /^https?:/.test(text) && new URL(text).origin === text
  } catch {
    return false
  }
}

export const origins: Kind<readonly [string, ...string[]]> = {
  schema: listOf(z.string().refine(isOrigin)),
  allowed: 'origins as browsers name them, such as `https://chat.example.org`, comma separated',
}
