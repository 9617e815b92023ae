/** What `sluice import` finds beside the state files: the identity and the settings of the server. */
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { reasonOf } from '../config/problem.ts'
import { createIdentityFiles, type IdentityFile } from '../identity/files.ts'
import { type Identity, loadIdentity } from '../identity/identity.ts'
import { type Ini, parseIni } from '../migrate/ini.ts'
import { INI_FILE } from '../migrate/state-files.ts'
import { base64url } from '../protocol/text.ts'
import { Failure } from './command.ts'
import { hasIdentity, presentIdentity } from './given.ts'

const neededFiles: readonly IdentityFile[] = ['ca.crt', 'server.key', 'server.crt']

/** Undefined where there is no file. */
export const givenIni = async (directory: string): Promise<Ini | undefined> => {
  const path = join(directory, INI_FILE)
  try {
    const { values, unreadable } = parseIni(await readFile(path, 'utf8'))
    if (unreadable.length > 0)
      throw new Failure(
        `${path} is no ini file: line ${unreadable[0]} is neither a section nor a value`,
      )
    return values
  } catch (error) {
    if (error instanceof Failure) throw error
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw new Failure(`${path} cannot be read: ${reasonOf(error)}`, { cause: error })
  }
}

export interface MovedIdentity {
  readonly identity: Identity
  /** What was done, or would be. */
  readonly note: string
}

const copyIdentity = async (from: string, to: string): Promise<void> => {
  const read = neededFiles.map(
    async (file) => [file, await readFile(join(from, file), 'utf8')] as const,
  )
  await mkdir(to, { recursive: true })
  await createIdentityFiles(to, await Promise.all(read))
}

/**
 * The server's identity for the relays. Where they have none it is copied, without `ca.key`; where
 * they have one it must be the same: clients know the server by it.
 */
export const movedIdentity = async (
  from: string,
  to: string,
  { isDryRun }: { readonly isDryRun: boolean },
): Promise<MovedIdentity | undefined> => {
  if (!hasIdentity(from)) {
    if (isDryRun && !hasIdentity(to)) return undefined
    const note = `no certificates in ${from}: whether ${to} has the server's was not checked`
    return { identity: await presentIdentity(to), note }
  }
  const identity = await loadIdentity(from)
  if (!hasIdentity(to)) {
    if (!isDryRun) await copyIdentity(from, to)
    const verb = isDryRun ? 'would be copied' : 'was copied'
    return { identity, note: `the identity of ${from} ${verb} to ${to}, without ca.key` }
  }
  const present = await loadIdentity(to)
  if (base64url(present.fingerprint) !== base64url(identity.fingerprint))
    throw new Failure(
      `${to} has another identity (${base64url(present.fingerprint)}) than the server in ${from} (${base64url(identity.fingerprint)}): clients would not find it; move the files in ${to} away`,
    )
  return { identity: present, note: `${to} has the server's identity` }
}
