import type { Command } from './command.ts'
export const bench: Command = {
  usage: 'bench',
  about: 'x',
  options: {},
  async run() {
    return 0
  },
}
