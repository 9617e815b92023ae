/** The shape of a check, and what may come out of one. */
import type { Facts } from './facts.ts'
import type { Scene } from './scene.ts'

/** Why a check does not apply to the server, or undefined where it does. */
export type Need = (facts: Facts) => string | undefined

export interface Check {
  /** Never reused and never renumbered: people keep lists of them. */
  readonly id: `SMP-${string}`
  /** What a server must do, as a statement. */
  readonly title: string
  /** Of the protocol; `14.1.9` is row 9 of the reference's own tests. */
  readonly section: string
  readonly needs?: readonly Need[]
  /** @throws Mismatch, NotApplicable, or an error of the client library */
  run(scene: Scene): Promise<void>
}

export interface Failed {
  readonly expected: string
  readonly got: string
  /** The end of what was said and heard before, as decoded values. */
  readonly wire: readonly string[]
}

interface Ran {
  readonly id: string
  readonly title: string
  readonly section: string
  /** Milliseconds. */
  readonly took: number
  /** Which of several good answers was seen, and what was found out. */
  readonly notes: readonly string[]
}

export type Result = Ran &
  (
    | { readonly outcome: 'passed' }
    | ({ readonly outcome: 'failed' } & Failed)
    | { readonly outcome: 'not applicable'; readonly reason: string }
  )

/** The server did something else than the protocol says. */
export class Mismatch extends Error {
  override readonly name = 'Mismatch'
  readonly expected: string
  readonly got: string

  constructor(expected: string, got: string) {
    super(`expected ${expected}, got ${got}`)
    this.expected = expected
    this.got = got
  }
}

/** Found out on the way: the check says nothing about this server. */
export class NotApplicable extends Error {
  override readonly name = 'NotApplicable'
}

/** @throws Mismatch unless the values are equal */
export const expectSame = (what: string, got: unknown, expected: unknown): void => {
  if (got !== expected) throw new Mismatch(`${what}: ${expected}`, `${got}`)
}
