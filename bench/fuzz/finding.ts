/** What went wrong, and what it takes to see it again. */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Tape } from './choices.ts'

/** Something that a relay must never do. */
export class Finding extends Error {
  override readonly name = 'Finding'
}

const PATIENCE_MS = 20_000

/** @throws Finding when it takes longer than any answer may */
export const inTime = async <T>(what: string, work: Promise<T>): Promise<T> => {
  const late: PromiseWithResolvers<never> = Promise.withResolvers()
  const timer = setTimeout(() => late.reject(new Finding(`not in time: ${what}`)), PATIENCE_MS)
  try {
    return await Promise.race([work, late.promise])
  } finally {
    clearTimeout(timer)
  }
}

/** The choices of one input: those on the tape, and beyond it those of the seed. */
export interface Input {
  readonly seed: number
  readonly tape: Tape
}

export interface Found {
  readonly target: string
  readonly problem: string
  /**
   * One where an input was answered wrongly; the last ones, in their order, where the relay itself
   * told of a fault.
   */
  readonly inputs: readonly Input[]
}

/** Carries what was found up to where the run ends. */
export class FoundError extends Error {
  readonly found: Found

  constructor(found: Found) {
    super(`${found.target}: ${found.problem}`)
    this.found = found
  }
}

/** @returns the file's path */
export const saveFound = async (directory: string, found: Found): Promise<string> => {
  await mkdir(directory, { recursive: true })
  const seed = found.inputs.at(-1)?.seed ?? 0
  const path = join(directory, `${found.target.replaceAll(' ', '-')}-${seed.toString(16)}.json`)
  await writeFile(path, `${JSON.stringify(found)}\n`)
  return path
}

const isInput = (value: unknown): value is Input =>
  typeof value === 'object' &&
  value !== null &&
  'seed' in value &&
  typeof value.seed === 'number' &&
  'tape' in value &&
  Array.isArray(value.tape) &&
  value.tape.every((number) => typeof number === 'number')

const isFound = (value: unknown): value is Found =>
  typeof value === 'object' &&
  value !== null &&
  'target' in value &&
  typeof value.target === 'string' &&
  'problem' in value &&
  typeof value.problem === 'string' &&
  'inputs' in value &&
  Array.isArray(value.inputs) &&
  value.inputs.every(isInput)

/** @throws Error for a file that is none of ours */
export const loadFound = async (path: string): Promise<Found> => {
  const found: unknown = JSON.parse(await readFile(path, 'utf8'))
  if (!isFound(found)) throw new Error(`${path} holds no input that was saved here`)
  return found
}

export const problemOf = (error: unknown): string =>
  error instanceof Finding
    ? error.message
    : error instanceof Error
      ? (error.stack ?? error.message)
      : String(error)
