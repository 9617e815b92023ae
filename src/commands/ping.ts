import type { Command } from '../protocol/command.ts'
import { PONG } from '../protocol/reply.ts'
import { answer, type ServerCommand } from './spec.ts'

export const PING: ServerCommand<Command<'PING'>> = {
  credentials: 'none',
  run: async () => answer(PONG),
}
