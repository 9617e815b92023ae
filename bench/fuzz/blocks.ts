/** Blocks: as they should be, and with counts, lengths and padding that lie. */
import { type Bytes, ProtocolError } from '../../src/protocol/bytes.ts'
import { pad } from '../../src/protocol/padding.ts'
import { Reader } from '../../src/protocol/reader.ts'
import { Writer } from '../../src/protocol/writer.ts'
import type { Choices } from './choices.ts'
import { atTimesMutated } from './mutate.ts'

const MOST = 255

/** As many of them as a block of so many bytes holds, those left out that are too long for it. */
export const fitting = (all: readonly Bytes[], paddedBytes: number): readonly Bytes[] => {
  let left = paddedBytes - 3
  return all
    .filter(({ length }) => {
      if (length + 2 > left) return false
      left -= length + 2
      return true
    })
    .slice(0, MOST)
}

export const contentOf = (transmissions: readonly Bytes[], count = transmissions.length): Bytes => {
  const writer = new Writer(16_384).u8(count)
  for (const one of transmissions) writer.large(one)
  return writer.bytes()
}

/** Most are in order. */
export const paddedBlock = (
  choices: Choices,
  transmissions: readonly Bytes[],
  paddedBytes: number,
): Bytes => {
  const isOdd = choices.percent(6)
  if (!isOdd) return pad(contentOf(transmissions), paddedBytes)
  const count = choices.percent(40) ? choices.of(0, 1, 254, 255) : transmissions.length
  const content = atTimesMutated(contentOf(transmissions, count), choices, 60)
  const padded = pad(content.subarray(0, paddedBytes - 2), paddedBytes)
  if (choices.percent(20)) {
    const length = choices.of(0, 1, 16_364, 16_365, 16_366, 16_367, 16_382, 16_383, 0xffff)
    padded[0] = length >>> 8
    padded[1] = length & 0xff
  }
  // what fills a block is not looked at
  if (choices.percent(20)) padded.set(choices.bytes(64), paddedBytes - 64)
  return padded
}

/** What is in a block, read without the relay's own decoder; undefined where it cannot be read. */
export const transmissionsIn = (padded: Bytes): readonly Bytes[] | undefined => {
  try {
    const reader = new Reader(new Reader(padded).large())
    const transmissions = Array.from({ length: reader.u8() }, () => reader.large())
    return reader.remaining === 0 && transmissions.length > 0 ? transmissions : undefined
  } catch (error) {
    if (error instanceof ProtocolError) return undefined
    throw error
  }
}
