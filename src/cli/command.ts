/** The shape of a command, and the two ways in which one fails on purpose. */
import type { Io } from './io.ts'

export interface Option {
  readonly type: 'string' | 'boolean'
  readonly short?: string
  /** What stands for the value in the help. */
  readonly value?: string
  readonly help: string
}

export interface Command {
  /** What follows `sluice`. */
  readonly usage: string
  /** Lines for people, as they are printed. */
  readonly about: string
  readonly options: Readonly<Record<string, Option>>
  /** @returns the exit code: 0 done, 1 failed */
  run(args: readonly string[], io: Io): Promise<number>
}

/** The command could not do what was asked: each line says what is wrong and what to do; exit code 1. */
export class Failure extends Error {
  override readonly name = 'Failure'
  readonly lines: readonly string[]

  constructor(lines: string | readonly string[], options?: ErrorOptions) {
    const all = typeof lines === 'string' ? [lines] : lines
    super(all.join('; '), options)
    this.lines = all
  }
}

/** The command was called in a way it does not have; exit code 2. */
export class Misuse extends Error {
  override readonly name = 'Misuse'
}
