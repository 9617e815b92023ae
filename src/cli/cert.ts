import { parseArgs } from 'node:util'
import { loadIdentity, renewServerCertificate } from '../identity/identity.ts'
import { algorithmOption, hostsOption } from './arguments.ts'
import { type Command, Failure } from './command.ts'
import { givenSettings, hasIdentity } from './given.ts'
import { dateText } from './words.ts'

const options = {
  algorithm: { type: 'string', value: 'NAME', help: 'ed25519 or ed448 (default: as ca.crt)' },
  host: { type: 'string', value: 'HOST', help: 'name in the certificate (default: as before)' },
} as const

export const cert: Command = {
  usage: 'cert [--algorithm NAME] [--host HOST]',
  about: `
Renews the online certificate: makes a new server.key and server.crt in SLUICE_DATA_DIR.

The identity, and with it the address, stays the same. This needs ca.key, which may be kept
elsewhere at all other times. A running relay takes the new certificate over within seconds.`,
  options,
  async run(args, io) {
    const { values } = parseArgs({ args: [...args], options })
    const algorithm = values.algorithm === undefined ? undefined : algorithmOption(values.algorithm)
    const hosts = values.host === undefined ? undefined : hostsOption(values.host)
    const { dataDir: directory } = givenSettings(io)
    if (!hasIdentity(directory))
      throw new Failure(`no identity in ${directory}: 'sluice init' makes one`)
    await renewServerCertificate({
      directory,
      ...(hosts !== undefined && { hosts }),
      ...(algorithm !== undefined && { algorithm }),
    })
    const { notAfter } = await loadIdentity(directory)
    io.stdout.write(
      `Renewed server.crt in ${directory}, valid until ${dateText(notAfter)}; the address is unchanged\n`,
    )
    return 0
  },
}
