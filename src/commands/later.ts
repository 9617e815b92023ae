/** Commands of services, which this relay does not serve yet. */
import type { Command } from '../protocol/command.ts'
import { refusal } from '../protocol/reply.ts'
import { answer, type ServerCommand } from './spec.ts'

const serviceRefusal = answer(refusal({ code: 'SERVICE' }))

/** There are no service sessions: a service hello is refused, so no session may send these. */
export const SUBS: ServerCommand<Command<'SUBS'>> = {
  credentials: 'both',
  run: async () => serviceRefusal,
}
export const NSUBS: ServerCommand<Command<'NSUBS'>> = {
  credentials: 'both',
  run: async () => serviceRefusal,
}
