/** What the connections of a check share. */
import type { EntityId } from '../protocol/ids.ts'
import type { Reply } from '../protocol/reply.ts'
import type { CommandOrText } from './commands.ts'
import type { Signer } from './signer.ts'
import type { Timing } from './timing.ts'
import type { Transcript } from './transcript.ts'
import type { Names } from './words.ts'

export interface SharedScene {
  readonly timing: Timing
  /** Ends all waiting. */
  readonly signal: AbortSignal
  readonly names: Names
  readonly transcript: Transcript
  note(text: string): void
  /** The reply as people read it; messages of the check's own queues are opened. */
  textOf(entityId: EntityId, reply: Reply): string
  /** @throws TooManyQueues */
  onAsk(command: CommandOrText, to: EntityId): void
  /** Sees every answer, whatever becomes of the check: queues that were made are deleted in the end. */
  onAnswer(
    asked: { readonly by: Signer; readonly command: CommandOrText },
    reply: Reply,
    entityId: EntityId,
  ): void
}
