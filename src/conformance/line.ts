/** What a connection says and hears. */
import type { EntityId } from '../protocol/ids.ts'
import type { Reply } from '../protocol/reply.ts'
import type { CommandOrText } from './commands.ts'
import type { Signer } from './signer.ts'

export type Line = readonly [by: Signer, to: EntityId, command: CommandOrText]

export interface Heard {
  readonly correlationId: string
  readonly entityId: EntityId
  /** Absent when it does not parse. */
  readonly reply?: Reply
  readonly text: string
}

/** A line of a table; a function makes what is known only when it is its turn. */
export type Row = readonly [
  by: Signer,
  to: EntityId,
  command: CommandOrText | (() => CommandOrText),
  expected: Expected,
]

/** An answer, or several of which a client can be hurt by none. */
export type Expected = string | readonly string[]

export const expectedText = (expected: Expected): string =>
  typeof expected === 'string' ? expected : expected.join(', or ')

export const isExpected = (text: string, expected: Expected): boolean =>
  typeof expected === 'string' ? text === expected : expected.includes(text)
