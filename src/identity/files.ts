/** The identity's files by their names in the reference's directory. */
import { open, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { IdentityError } from './identity-error.ts'

export type IdentityFile = 'ca.crt' | 'ca.key' | 'server.crt' | 'server.key'

const SECRET_MODE = 0o600
const PUBLIC_MODE = 0o644

const modeOf = (file: IdentityFile): number => (file.endsWith('.key') ? SECRET_MODE : PUBLIC_MODE)

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : String(error)

export const readIdentityFile = async (directory: string, file: IdentityFile): Promise<string> => {
  const path = join(directory, file)
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    const message =
      codeOf(cause) === 'ENOENT'
        ? `${path} is missing: put it back, or create an identity in an empty directory`
        : `${path} cannot be read (${codeOf(cause)}): make it readable for this user`
    throw new IdentityError(message, { cause })
  }
}

/** Fails with EEXIST where the path is taken, also by a process that does the same just now. */
const writeNew = async (path: string, mode: number, text: string): Promise<void> => {
  const handle = await open(path, 'wx', mode)
  try {
    await handle.writeFile(text)
    await handle.sync()
  } catch (error) {
    await rm(path, { force: true })
    throw error
  } finally {
    await handle.close()
  }
}

/** Writes all or none, in order; only a crash leaves some, never the last one whole. */
export const createIdentityFiles = async (
  directory: string,
  files: readonly (readonly [file: IdentityFile, text: string])[],
): Promise<void> => {
  const written: string[] = []
  try {
    for (const [file, text] of files) {
      const path = join(directory, file)
      await writeNew(path, modeOf(file), text)
      written.push(path)
    }
  } catch (cause) {
    await Promise.all(written.map((path) => rm(path)))
    const reason = codeOf(cause)
    throw new IdentityError(
      reason === 'EEXIST'
        ? `${directory} holds an identity or a part of one: use another directory, or move its ca.* and server.* files away`
        : `the identity cannot be written to ${directory} (${reason}): make it writable for this user`,
      { cause },
    )
  }
}

/** Replaces each file at once, the files one after the other. */
export const replaceIdentityFiles = async (
  directory: string,
  files: readonly (readonly [file: IdentityFile, text: string])[],
): Promise<void> => {
  const temporary = (file: IdentityFile): string => join(directory, `.${file}.new`)
  try {
    for (const [file, text] of files) {
      await rm(temporary(file), { force: true })
      await writeNew(temporary(file), modeOf(file), text)
    }
    for (const [file] of files) await rename(temporary(file), join(directory, file))
  } catch (cause) {
    await Promise.all(files.map(([file]) => rm(temporary(file), { force: true })))
    const message = `the certificate cannot be written to ${directory} (${codeOf(cause)}): make it writable for this user`
    throw new IdentityError(message, { cause })
  }
}
