import { parseArgs } from 'node:util'
import { settingsText } from '../config/document.ts'
import { readTextFile } from '../config/environment.ts'
import { loadInformation } from '../config/information.ts'
import { loadSettings } from '../config/load-settings.ts'
import type { Settings } from '../config/settings.ts'
import { type Identity, loadIdentity } from '../identity/identity.ts'
import { IdentityError } from '../identity/identity-error.ts'
import { type Command, Failure } from './command.ts'
import { addressText, givenWebCertificate, hasIdentity } from './given.ts'
import { dateText } from './words.ts'

type CheckedIdentity = { readonly identity?: Identity } | { readonly problem: string }

const checkIdentity = async (directory: string): Promise<CheckedIdentity> => {
  if (!hasIdentity(directory)) return {}
  try {
    return { identity: await loadIdentity(directory) }
  } catch (error) {
    if (error instanceof IdentityError) return { problem: error.message }
    throw error
  }
}

const checkWebCertificate = async (settings: Settings): Promise<readonly string[]> => {
  try {
    const { notAfter } = (await givenWebCertificate(settings)) ?? {}
    return notAfter !== undefined && notAfter < new Date()
      ? [`${settings.webCert} expired on ${notAfter.toISOString()}: renew it`]
      : []
  } catch (error) {
    if (error instanceof IdentityError) return [error.message]
    throw error
  }
}

const checkInformation = (settings: Settings): readonly string[] => {
  const loaded = loadInformation(settings, readTextFile)
  return 'problems' in loaded ? loaded.problems : []
}

const checkWeb = async (settings: Settings): Promise<readonly string[]> => [
  ...(await checkWebCertificate(settings)),
  ...checkInformation(settings),
]

const goodReport = (settings: Settings, identity: Identity | undefined): string => {
  const { dataDir, hosts, ports } = settings
  if (identity === undefined)
    return `Configuration: good
Identity:      none in ${dataDir} yet; the first start makes one
`
  const { fingerprint, notAfter } = identity
  return `Configuration: good
Identity:      good, valid until ${dateText(notAfter)}
Address:       ${addressText({ fingerprint, hosts, ports })}
`
}

export const check: Command = {
  usage: 'check',
  about: `
Checks the configuration and the identity as a start would, without starting anything, and
prints every problem.

Settings, as environment variables or as lines of the file SLUICE_CONFIG:

${settingsText()}`,
  options: {},
  async run(args, io) {
    parseArgs({ args: [...args] })
    const loaded = loadSettings({ env: io.env, readFile: readTextFile })
    const directory = 'settings' in loaded ? loaded.settings.dataDir : loaded.dataDir
    const checked = directory === undefined ? {} : await checkIdentity(directory)
    const problems = [
      ...('problems' in loaded ? loaded.problems : []),
      ...('problem' in checked ? [checked.problem] : []),
      ...('settings' in loaded ? await checkWeb(loaded.settings) : []),
    ]
    if ('problems' in loaded || 'problem' in checked || problems.length > 0)
      throw new Failure(problems)
    io.stdout.write(goodReport(loaded.settings, checked.identity))
    return 0
  },
}
