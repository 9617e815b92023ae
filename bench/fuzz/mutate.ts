/** Bytes with a few changes such as parsers do not like. */
import { type Bytes, concatBytes } from '../../src/protocol/bytes.ts'
import type { Choices } from './choices.ts'

/** Ends of ranges, markers of SMP, ASCII that means something somewhere. */
const telling = [
  ...[0, 1, 2, 0x7f, 0x80, 0xfe, 0xff, 0x20, 0x22, 0x23, 0x2c, 0x2f, 0x3a, 0x0a, 0x0d],
  ...[0x30, 0x31, 0x43, 0x46, 0x4d, 0x53, 0x54],
]

const tellingLengths = [
  0, 1, 0x7f, 0x80, 0xff, 0x100, 0x3ffe, 0x3fff, 0x4000, 0x7fff, 0xfffd, 0xffff,
]

type Change = (bytes: Bytes, at: number, choices: Choices) => Bytes

const replaced = (bytes: Bytes, at: number, removed: number, ...parts: readonly Bytes[]): Bytes =>
  concatBytes(bytes.subarray(0, at), ...parts, bytes.subarray(at + removed))

const someByte = (choices: Choices): Bytes =>
  Uint8Array.of(choices.percent(50) ? choices.of(0, ...telling) : choices.below(256))

const changes: readonly Change[] = [
  (bytes, at, choices) =>
    replaced(bytes, at, 1, Uint8Array.of((bytes[at] ?? 0) ^ (1 << choices.below(8)))),
  (bytes, at, choices) => replaced(bytes, at, 1, someByte(choices)),
  (bytes, at, choices) =>
    replaced(bytes, at, 1, Uint8Array.of((bytes[at] ?? 0) + choices.of(1, -1))),
  (bytes, at, choices) => {
    const length = choices.of(0, ...tellingLengths)
    return replaced(bytes, at, 2, Uint8Array.of(length >>> 8, length & 0xff))
  },
  (bytes, at, choices) => replaced(bytes, at, 0, choices.bytes(choices.between(1, 12))),
  (bytes, at, choices) => replaced(bytes, at, choices.between(1, 12)),
  (bytes, at) => bytes.subarray(0, at),
  (bytes, at) => bytes.subarray(at),
  (bytes, at, choices) => replaced(bytes, at, 0, bytes.subarray(at, at + choices.between(1, 80))),
  (bytes, _, choices) => concatBytes(bytes, choices.bytes(choices.between(1, 40))),
]

/** One to four changes; most of them near the front, where fields and lengths are. */
export const mutated = (bytes: Bytes, choices: Choices): Bytes => {
  let current = bytes
  for (let count = choices.of(1, 1, 1, 2, 2, 3, 4); count > 0; count--) {
    const within = choices.percent(70) ? Math.min(current.length, 160) : current.length
    const change = choices.from(changes)
    if (change !== undefined) current = change(current, choices.below(within + 1), choices)
  }
  return current
}

/** Mostly as it is. */
export const atTimesMutated = (bytes: Bytes, choices: Choices, percent: number): Bytes =>
  choices.percent(percent) ? mutated(bytes, choices) : bytes
