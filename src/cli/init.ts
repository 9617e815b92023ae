import { parseArgs } from 'node:util'
import { createIdentity, loadIdentity } from '../identity/identity.ts'
import { base64url } from '../protocol/text.ts'
import { algorithmOption, hostsOption } from './arguments.ts'
import type { Command } from './command.ts'
import { addressText, givenSettings } from './given.ts'

const options = {
  algorithm: { type: 'string', value: 'NAME', help: 'ed25519 (default) or ed448' },
  host: {
    type: 'string',
    value: 'HOST[,HOST]',
    help: 'names for the address (default: SLUICE_HOST)',
  },
} as const

export const init: Command = {
  usage: 'init [--algorithm NAME] [--host HOST[,HOST]]',
  about: `
Makes the identity of a relay in SLUICE_DATA_DIR and prints its fingerprint and address.

The identity is the certificate ca.crt; the relay shows it together with server.crt, which
'sluice cert' renews. An identity that is there already is never overwritten.
A relay makes its identity itself at its first start, with the defaults of this command.`,
  options,
  async run(args, io) {
    const { values } = parseArgs({ args: [...args], options })
    const algorithm = algorithmOption(values.algorithm ?? 'ed25519')
    const given = values.host === undefined ? undefined : hostsOption(values.host)
    const settings = givenSettings(io)
    const { dataDir: directory } = settings
    const hosts = given ?? settings.hosts
    await createIdentity({ directory, hosts, algorithm })
    const { fingerprint } = await loadIdentity(directory)
    io.stdout.write(`Made an identity in ${directory}
Fingerprint: ${base64url(fingerprint)}
Address:     ${addressText({ ...settings, hosts, fingerprint })}
Keep ca.key safe: who has it can pass for this relay. Only 'sluice cert' needs it.
`)
    if (given !== undefined && given.join() !== settings.hosts.join())
      io.stdout.write(
        `Set SLUICE_HOST=${given.join()} so that the relay prints this address too.\n`,
      )
    return 0
  },
}
