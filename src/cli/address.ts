import { parseArgs } from 'node:util'
import type { Command } from './command.ts'
import { addressText, givenSettings, presentIdentity } from './given.ts'

export const address: Command = {
  usage: 'address',
  about: `
Prints the address of the relay: what people put into their SimpleX app.

It is made of the identity in SLUICE_DATA_DIR and of SLUICE_HOST, SLUICE_PORT and
SLUICE_CREATE_PASSWORD. The password is part of it, so show it only to those who
may create queues.`,
  options: {},
  async run(args, io) {
    parseArgs({ args: [...args] })
    const settings = givenSettings(io)
    const { fingerprint } = await presentIdentity(settings.dataDir)
    io.stdout.write(`${addressText({ ...settings, fingerprint })}\n`)
    return 0
  },
}
