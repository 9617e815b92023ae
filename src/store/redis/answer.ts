/** Scripts answer with a word and what belongs to it; everything else is a fault of the store. */
import type { Bytes } from '../../protocol/bytes.ts'

/** A script said what this version does not know: another version wrote it, or a bug. */
export class UnexpectedAnswer extends Error {
  override readonly name = 'UnexpectedAnswer'
}

export interface ScriptAnswer {
  readonly word: string
  readonly rest: readonly unknown[]
}

export const parseAnswer = (value: unknown): ScriptAnswer => {
  if (!Array.isArray(value)) throw new UnexpectedAnswer('a script did not answer with a list')
  const [word, ...rest]: readonly unknown[] = value
  if (!Buffer.isBuffer(word)) throw new UnexpectedAnswer('a script did not answer with a word')
  return { word: word.toString('latin1'), rest }
}

export const textOf = (value: unknown): string =>
  Buffer.isBuffer(value) ? value.toString('latin1') : ''

export const bytesOf = (value: unknown): Bytes | undefined =>
  Buffer.isBuffer(value) ? new Uint8Array(value.buffer, value.byteOffset, value.length) : undefined

export const numberOf = (value: unknown): number => {
  if (typeof value !== 'number') throw new UnexpectedAnswer('a script did not answer with a number')
  return value
}
