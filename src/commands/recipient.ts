/** What the commands of a queue's recipient have in common. */
import type { Command } from '../protocol/command.ts'
import type { QueueCommand } from './spec.ts'

type Common = Pick<QueueCommand<Command>, 'credentials' | 'party' | 'keys' | 'whenBlocked'>

export const byRecipient: Common = {
  credentials: 'both',
  party: 'recipient',
  keys: (queue) => queue.recipientKeys,
  whenBlocked: 'refused',
}
