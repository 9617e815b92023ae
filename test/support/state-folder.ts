/** Folders with files as smp-server keeps them, written for a test. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findStateFiles, type StateFiles } from '../../src/migrate/state-files.ts'

export interface StateLines {
  readonly queues?: readonly string[]
  readonly messages?: readonly string[]
  readonly notifications?: readonly string[]
}

const text = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('')

export class StateFolder implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), 'sluice-state-'))

  constructor({ queues = [], messages = [], notifications = [] }: StateLines = {}) {
    this.write('smp-server-store.log', text(queues))
    this.write('smp-server-messages.log', text(messages))
    this.write('smp-server-ntfs.log', text(notifications))
  }

  write(name: string, content: string | Uint8Array): void {
    writeFileSync(join(this.path, name), content)
  }

  files(): Promise<StateFiles> {
    return findStateFiles(this.path)
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true })
  }
}

/** Recorded from the reference, see test/vectors/README.md. */
export const recordedState = (run: 'first' | 'second'): string =>
  fileURLToPath(new URL(`../vectors/reference-state/${run}`, import.meta.url))

/** When it was recorded, so that nothing of it has expired: 2026-11-22. */
export const RECORDED_AT = 1_795_365_500
