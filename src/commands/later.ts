/** Commands that this relay does not serve yet, answered as the reference does when they are off. */
import type { Command } from '../protocol/command.ts'
import { errProhibited, refusal } from '../protocol/reply.ts'
import { answer, type ServerCommand } from './spec.ts'

const serviceRefusal = answer(refusal({ code: 'SERVICE' }))
const relayRefusal = answer(refusal({ code: 'PROXY', proxy: { code: 'BASIC_AUTH' } }))
const sessionRefusal = answer(refusal({ code: 'PROXY', proxy: { code: 'NO_SESSION' } }))

/** There are no service sessions: a service hello is refused, so no session may send these. */
export const SUBS: ServerCommand<Command<'SUBS'>> = {
  credentials: 'both',
  run: async () => serviceRefusal,
}
export const NSUBS: ServerCommand<Command<'NSUBS'>> = {
  credentials: 'both',
  run: async () => serviceRefusal,
}

export const PRXY: ServerCommand<Command<'PRXY'>> = {
  credentials: 'none',
  run: async () => relayRefusal,
}
export const PFWD: ServerCommand<Command<'PFWD'>> = {
  credentials: 'only-entity',
  run: async () => sessionRefusal,
}
export const RFWD: ServerCommand<Command<'RFWD'>> = {
  credentials: 'none',
  run: async () => answer(errProhibited),
}
