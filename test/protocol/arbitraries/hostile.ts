/** Bytes from nobody's encoder: noise, valid bytes with edits, and valid words before noise. */
import fc from 'fast-check'
import { type Bytes, concatBytes, utf8Bytes } from '../../../src/protocol/bytes.ts'
import { bytes } from './values.ts'

const position = fc.double({ min: 0, max: 1, noNaN: true })

/** Part of `input` from `at` on, `length` bytes long, gives way to `by`. */
const edit = fc.record({ at: position, length: fc.nat(4), by: bytes(4) })

const edited = (input: Bytes, edits: readonly { at: number; length: number; by: Bytes }[]): Bytes =>
  edits.reduce((current, { at, length, by }) => {
    const start = Math.floor(at * current.length)
    return concatBytes(current.subarray(0, start), by, current.subarray(start + length))
  }, input)

export const hostile = (
  valid: fc.Arbitrary<Bytes>,
  words: readonly string[] = [],
): fc.Arbitrary<Bytes> =>
  fc.oneof(
    bytes(300),
    fc
      .tuple(valid, fc.array(edit, { minLength: 1, maxLength: 3 }))
      .map(([input, edits]) => edited(input, edits)),
    fc
      .tuple(valid, position)
      .map(([input, at]) => input.subarray(0, Math.floor(at * input.length))),
    ...(words.length === 0
      ? []
      : [
          fc
            .tuple(fc.constantFrom(...words), bytes(120))
            .map(([word, rest]) => concatBytes(utf8Bytes(`${word} `), rest)),
        ]),
  )
