/** PROXY headers of load balancers, versions 1 and 2, right and nearly right. */
import type { Choices } from './choices.ts'
import { atTimesMutated } from './mutate.ts'

const v1Lines = [
  'PROXY TCP4 192.0.2.1 192.0.2.2 1000 443',
  'PROXY TCP6 2001:db8::1 2001:db8::2 1000 443',
  'PROXY UNKNOWN',
  'PROXY UNKNOWN ffff::1 ::1 1 2',
  'PROXY TCP4 1.2.3.4 5.6.7.8 65536 1',
  'PROXY TCP6 fe80::1%eth0 ::1 1 2',
  'PROXY TCP4 1.2.3.4',
]

const sign = Buffer.from('0d0a0d0a000d0a515549540a', 'hex')
const families = [
  [0x00, 0],
  [0x11, 12],
  [0x21, 36],
  [0x31, 216],
  [0x12, 12],
  [0x22, 36],
] as const

const v2 = (choices: Choices): Uint8Array => {
  const [family, length] = choices.from(families) ?? families[0]
  const addresses = choices.bytes(choices.percent(90) ? length : choices.below(length + 1))
  const additions = Array.from({ length: choices.below(3) }, () => {
    const value = choices.bytes(choices.below(60))
    const told = choices.percent(90) ? value.length : choices.below(300)
    return Buffer.concat([Uint8Array.of(choices.below(256), told >>> 8, told & 0xff), value])
  })
  const body = Buffer.concat([addresses, ...additions])
  const told = choices.percent(92) ? body.length : choices.of(0, 1024, 1025, 0xffff)
  const command = choices.percent(92) ? choices.of(0x21, 0x20) : choices.below(256)
  return Buffer.concat([sign, Uint8Array.of(command, family, told >>> 8, told & 0xff), body])
}

const v1 = (choices: Choices): Uint8Array => {
  const line = choices.from(v1Lines) ?? ''
  const end = choices.percent(90) ? '\r\n' : choices.of('\n', '\r', '', ' '.repeat(120))
  return Buffer.from(`${line}${end}`)
}

export const proxyHeader = (choices: Choices): Uint8Array =>
  atTimesMutated(choices.percent(65) ? v2(choices) : v1(choices), choices, 35)
