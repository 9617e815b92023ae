/** The files of an export: under other names until they are whole, and never in place of others. */

import { once } from 'node:events'
import { createWriteStream, type WriteStream } from 'node:fs'
import { access, mkdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { finished } from 'node:stream/promises'
import { MESSAGES_FILE, NOTIFICATIONS_FILE, QUEUES_FILE, StateProblem } from './state-files.ts'

const PARTIAL = '.partial'
/** They hold the secrets of all queues. */
const FILE_MODE = 0o600
const FOLDER_MODE = 0o700

class LineFile {
  readonly #path: string
  readonly #stream: WriteStream
  #failure: unknown

  constructor(path: string) {
    this.#path = path
    this.#stream = createWriteStream(path + PARTIAL, { mode: FILE_MODE, flush: true })
    this.#stream.on('error', (error) => {
      this.#failure ??= error
    })
  }

  /** @throws the file system's errors */
  async writeLines(lines: readonly string[]): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure
    if (lines.length === 0) return
    const isRoom = this.#stream.write(`${lines.join('\n')}\n`, 'latin1')
    if (!isRoom) await once(this.#stream, 'drain')
  }

  async end(): Promise<void> {
    this.#stream.end()
    await finished(this.#stream)
  }

  async keep(): Promise<void> {
    await rename(this.#path + PARTIAL, this.#path)
  }

  async remove(): Promise<void> {
    this.#stream.destroy()
    await rm(this.#path + PARTIAL, { force: true })
  }
}

export class NewFiles implements AsyncDisposable {
  readonly queues: LineFile
  readonly messages: LineFile
  readonly notifications: LineFile
  #isKept = false

  private constructor(directory: string) {
    this.queues = new LineFile(join(directory, QUEUES_FILE))
    this.messages = new LineFile(join(directory, MESSAGES_FILE))
    this.notifications = new LineFile(join(directory, NOTIFICATIONS_FILE))
  }

  /** @throws StateProblem, the file system's errors */
  static async open(directory: string): Promise<NewFiles> {
    await mkdir(directory, { recursive: true, mode: FOLDER_MODE })
    for (const name of [QUEUES_FILE, MESSAGES_FILE, NOTIFICATIONS_FILE]) {
      const path = join(directory, name)
      const isFree = await access(path).then(
        () => false,
        () => true,
      )
      if (!isFree) throw new StateProblem(`${path} is there already: give an empty folder`)
    }
    return new NewFiles(directory)
  }

  get #all(): readonly LineFile[] {
    return [this.queues, this.messages, this.notifications]
  }

  /** Under their names from now on. */
  async keep(): Promise<void> {
    for (const file of this.#all) await file.end()
    for (const file of this.#all) await file.keep()
    this.#isKept = true
  }

  /** What was not kept is removed. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#isKept) for (const file of this.#all) await file.remove()
  }
}
