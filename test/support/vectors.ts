/** The recorded values in `test/vectors` (see its README) and comparison with them. */
import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { type Bytes, equalBytes } from '../../src/protocol/bytes.ts'

/** Bytes in a vector file: hex, a long value by its hash, or one byte repeated. */
export type VectorBytes =
  | string
  | {
      readonly length: number
      readonly sha256: string
      readonly first64: string
      readonly last64: string
    }
  | { readonly fill: string; readonly count: number }

export interface VectorKey<A extends string = string> {
  readonly alg: A
  readonly private: string
  readonly public: string
  readonly spki: string
}

export const loadVectors = <T>(name: string): T =>
  JSON.parse(readFileSync(new URL(`../vectors/${name}.json`, import.meta.url), 'utf8')) as T

export const hex = (bytes: Bytes): string => Buffer.from(bytes).toString('hex')

/** Plain bytes of hex text, white space allowed. */
export const fromHex = (text: string): Bytes => {
  const digits = text.replaceAll(/\s+/g, '')
  assert.match(digits, /^([0-9a-f]{2})*$/i)
  return Uint8Array.from(Buffer.from(digits, 'hex'))
}

/** The bytes themselves, where the vector has them in full. */
export const vectorBytes = (value: VectorBytes): Bytes => {
  if (typeof value === 'string') return fromHex(value)
  assert.ok('fill' in value, 'this vector has only a hash')
  return new Uint8Array(value.count).fill(Number.parseInt(value.fill, 16))
}

const difference = (actual: Bytes, expected: Bytes): string => {
  let at = 0
  while (at < actual.length && actual[at] === expected[at]) at++
  const near = (bytes: Bytes) => hex(bytes.subarray(at, at + 32))
  return `byte ${at} of ${actual.length}: ${near(actual)}, expected ${near(expected)} of ${expected.length}`
}

export const expectBytes = (actual: Bytes | undefined, expected: VectorBytes): void => {
  assert.ok(actual !== undefined, 'no bytes')
  if (typeof expected === 'string' || 'fill' in expected) {
    const wanted = vectorBytes(expected)
    assert.ok(equalBytes(actual, wanted), difference(actual, wanted))
    return
  }
  const { length, sha256, first64, last64 } = expected
  assert.deepEqual(
    {
      length: actual.length,
      first64: hex(actual.subarray(0, 64)),
      last64: hex(actual.subarray(-64)),
    },
    { length, first64, last64 },
  )
  assert.equal(hash('sha256', actual), sha256)
}
