/** What most commands begin with: the settings, the identity they name, and the address of both. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { readTextFile } from '../config/environment.ts'
import { type Information, loadInformation } from '../config/information.ts'
import { loadSettings } from '../config/load-settings.ts'
import type { Settings } from '../config/settings.ts'
import { createIdentity, type Identity, loadIdentity } from '../identity/identity.ts'
import { loadWebCertificate, type WebCertificate } from '../identity/web-certificate.ts'
import { printServerAddress } from '../protocol/address.ts'
import { Failure } from './command.ts'
import type { Io } from './io.ts'

/** Fails with every problem there is. */
export const givenSettings = ({ env }: Io): Settings => {
  const loaded = loadSettings({ env, readFile: readTextFile })
  if ('problems' in loaded) throw new Failure(loaded.problems)
  return loaded.settings
}

const identityFiles = ['ca.crt', 'ca.key', 'server.crt', 'server.key']

/** Whether the directory holds an identity, or a part of one. */
export const hasIdentity = (directory: string): boolean =>
  identityFiles.some((file) => existsSync(join(directory, file)))

export const presentIdentity = async (directory: string): Promise<Identity> => {
  if (hasIdentity(directory)) return loadIdentity(directory)
  throw new Failure(
    `no identity in ${directory}: 'sluice init' makes one, or set SLUICE_DATA_DIR to where it is`,
  )
}

/** Makes one where there is none. */
export const firstOrPresentIdentity = async (
  { dataDir: directory, hosts }: Pick<Settings, 'dataDir' | 'hosts'>,
  made: () => void,
): Promise<Identity> => {
  if (!hasIdentity(directory)) {
    await createIdentity({ directory, hosts, algorithm: 'Ed25519' })
    made()
  }
  return loadIdentity(directory)
}

export const givenWebCertificate = async ({
  webCert,
  webKey,
}: Pick<Settings, 'webCert' | 'webKey'>): Promise<WebCertificate | undefined> =>
  webCert === undefined || webKey === undefined ? undefined : loadWebCertificate(webCert, webKey)

/** Fails with what is wrong with the file of information, if there is one. */
export const givenInformation = (settings: Settings): Information | undefined => {
  const loaded = loadInformation(settings, readTextFile)
  if ('problems' in loaded) throw new Failure(loaded.problems)
  return loaded.information
}

export interface AddressParts extends Pick<Settings, 'hosts' | 'createPassword'> {
  readonly fingerprint: Identity['fingerprint']
  /** The first one counts; 0 stands for one that is not known yet. */
  readonly ports: readonly number[]
}

export const addressText = (parts: AddressParts): string => {
  const { fingerprint, hosts, ports, createPassword } = parts
  const [port = 0] = ports
  return printServerAddress({
    keyHash: fingerprint,
    hosts,
    ...(port !== 0 && { port }),
    ...(createPassword !== undefined && { password: createPassword }),
  })
}
