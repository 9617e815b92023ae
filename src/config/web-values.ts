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

const LONGEST_TEXT = 500

/** One line that a page can show. */
export const line: Kind<string> = {
  schema: z
    .string()
    .min(1)
    .max(LONGEST_TEXT)
    .regex(/^\P{C}+$/u),
  allowed: `one line of up to ${LONGEST_TEXT} characters`,
}

const isUrl = (text: string, protocols: readonly string[]): boolean => {
  try {
    return protocols.includes(new URL(text).protocol) && !/[\p{C}\s]/u.test(text)
  } catch {
    return false
  }
}

export const webUrl: Kind<string> = {
  schema: z.string().refine((text) => isUrl(text, ['https:', 'http:'])),
  allowed: 'an `https://` or `http://` address',
}

export const simplexLink: Kind<string> = {
  schema: z.string().refine((text) => isUrl(text, ['simplex:', 'https:'])),
  allowed: 'a SimpleX address, `simplex:/…` or `https://…`',
}

export const email: Kind<string> = {
  schema: z.string().regex(/^[^\s@<>\p{C}]+@[^\s@<>\p{C}]+$/u),
  allowed: 'an e-mail address',
}

export const country: Kind<string> = {
  schema: z
    .string()
    .regex(/^[A-Za-z]{2}$/)
    .transform((text) => text.toUpperCase()),
  allowed: 'a country in two letters (ISO 3166)',
}
