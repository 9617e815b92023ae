/** Equality of what stores answer, by content: a store may return any kind of byte array. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'

const SHORT_BYTES = 64

const shownBytes = (bytes: Uint8Array): string => {
  const hex =
    bytes.length <= SHORT_BYTES
      ? Buffer.from(bytes).toString('hex')
      : createHash('sha256').update(bytes).digest('hex')
  return `${bytes.length} bytes ${hex}`
}

/** The value with its bytes as text, so that differences can be read. */
const shown = (value: unknown): unknown => {
  if (value instanceof Uint8Array) return shownBytes(value)
  if (Array.isArray(value)) return value.map(shown)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, shown(field)]))
}

export const isSame = (actual: unknown, expected: unknown): boolean =>
  JSON.stringify(shown([actual])) === JSON.stringify(shown([expected]))

export const same = (actual: unknown, expected: unknown, message?: string): void => {
  assert.deepEqual(shown(actual), shown(expected), message)
}
