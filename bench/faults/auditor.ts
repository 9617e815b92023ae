/**
 * Whether what clients saw is what the invariants promise: I1 nothing acknowledged is lost, I2 order
 * and no return of what was acknowledged, I3 one subscriber, I4 no queue that stands still, I8
 * bounds of what is held for a client.
 */
import { checkAnswers } from './audit-answers.ts'
import { checkMessages } from './audit-messages.ts'
import { checkSubscriptions } from './audit-subscriptions.ts'
import type { Recorded } from './history.ts'
import { HistoryIndex } from './history-index.ts'

export interface Rules {
  /**
   * Whether a primary was replaced, and by when it was the last time. Messages with an OK are kept
   * all the same, but SUBs and ACKs are not confirmed by replicas: the last of them before that may
   * have been forgotten.
   */
  readonly forgets: 'nothing' | 'until healed' | 'always'
}

export type ViolationKind =
  /** I1: an OK, and no message. */
  | 'lost'
  /** I4: it was there, and nobody was given it. */
  | 'stuck'
  /** I2 */
  | 'order'
  | 'repeated'
  | 'twice'
  | 'phantom'
  /** I3 */
  | 'two subscribers'
  | 'no end'
  | 'stray end'
  /** I5: an error that clients take for final, or no answer at all. */
  | 'refused'
  | 'unanswered'
  /** Of a client that did not read for a while. */
  | 'answer order'
  | 'wrong answer'
  /** I8: more is held for one connection than may be. */
  | 'overfull'

export interface Violation {
  readonly kind: ViolationKind
  readonly queue: number
  readonly message?: string
  readonly subscriptions?: readonly number[]
  readonly text: string
}

export const audit = (events: readonly Recorded[], rules: Rules): readonly Violation[] => {
  const index = new HistoryIndex(events, rules)
  return [...checkMessages(index), ...checkSubscriptions(events, index), ...checkAnswers(events)]
}
