/** The files of the reference by their names, and whether a folder holds what can be moved. */
import { createHash } from 'node:crypto'
import { open, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'

export const QUEUES_FILE = 'smp-server-store.log'
export const MESSAGES_FILE = 'smp-server-messages.log'
export const NOTIFICATIONS_FILE = 'smp-server-ntfs.log'
export const INI_FILE = 'smp-server.ini'
const JOURNAL_FOLDER = 'messages'

export interface StateFile {
  readonly name: string
  readonly path: string
  readonly bytes: number
}

export interface StateFiles {
  readonly queues: StateFile
  readonly messages: StateFile | undefined
  readonly notifications: StateFile | undefined
  /** For whom they are read: what stands aside. */
  readonly notes: readonly string[]
}

/** The folder is none that can be imported: one line that says what to do. */
export class StateProblem extends Error {
  override readonly name = 'StateProblem'
}

const fileAt = async (directory: string, name: string): Promise<StateFile | undefined> => {
  const path = join(directory, name)
  const found = await stat(path).catch(() => undefined)
  return found?.isFile() ? { name, path, bytes: found.size } : undefined
}

const isFilled = async (directory: string): Promise<boolean> => {
  const entries = await readdir(directory).catch(() => [])
  return entries.length > 0
}

const journalNotes = async (
  directory: string,
  messages: StateFile | undefined,
): Promise<readonly string[]> => {
  if (!(await isFilled(join(directory, JOURNAL_FOLDER)))) return []
  if (messages === undefined)
    throw new StateProblem(
      `${directory} keeps its messages in the folder ${JOURNAL_FOLDER} (store_messages: journal): 'smp-server journal export' makes ${MESSAGES_FILE} of it, then import again`,
    )
  return [`the folder ${JOURNAL_FOLDER} was left aside: ${MESSAGES_FILE} is what was read`]
}

/** A server renames the file when it has read it, and writes a new one when it stops. */
const checkStopped = async (directory: string): Promise<void> => {
  const backup = `${MESSAGES_FILE}.bak`
  if (await fileAt(directory, backup))
    throw new StateProblem(
      `${directory} has ${backup} and no ${MESSAGES_FILE}: the server runs, so stop it first; if it crashed, ${backup} is what it had at its start, and may be renamed`,
    )
}

/** @throws StateProblem */
export const findStateFiles = async (directory: string): Promise<StateFiles> => {
  const found = await stat(directory).catch(() => undefined)
  if (!found?.isDirectory()) throw new StateProblem(`${directory} is not a folder`)
  const [queues, messages, notifications] = await Promise.all(
    [QUEUES_FILE, MESSAGES_FILE, NOTIFICATIONS_FILE].map((name) => fileAt(directory, name)),
  )
  if (queues === undefined)
    throw new StateProblem(
      `${directory} has no ${QUEUES_FILE}: give the state folder of the server (/var/opt/simplex); where queues are in PostgreSQL, 'smp-server database export' writes the file`,
    )
  if (messages === undefined) await checkStopped(directory)
  const missing = [
    ...(messages === undefined ? [MESSAGES_FILE] : []),
    ...(notifications === undefined ? [NOTIFICATIONS_FILE] : []),
  ]
  const notes = [
    ...(await journalNotes(directory, messages)),
    ...missing.map((name) => `there is no ${name}: the server writes it when it stops`),
  ]
  return { queues, messages, notifications, notes }
}

const END_BYTES = 1_048_576

/**
 * Tells the files from others: their sizes, beginnings and ends. Base64url.
 * @throws the file system's errors
 */
export const sourceOf = async ({
  queues,
  messages,
  notifications,
}: StateFiles): Promise<string> => {
  const hash = createHash('sha256')
  for (const file of [queues, messages, notifications]) {
    hash.update(`${file?.name} ${file?.bytes}\n`)
    if (file === undefined) continue
    await using handle = await open(file.path)
    for (const position of [0, Math.max(0, file.bytes - END_BYTES)]) {
      const { buffer, bytesRead } = await handle.read({ buffer: Buffer.alloc(END_BYTES), position })
      hash.update(buffer.subarray(0, bytesRead))
    }
  }
  return hash.digest('base64url').slice(0, 22)
}
