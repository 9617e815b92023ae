import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { FileWatch } from '../../../src/lifecycle/watch-files.ts'
import { within } from '../../support/within.ts'

const directory = mkdtempSync(join(tmpdir(), 'sluice-watch-'))
after(() => rmSync(directory, { recursive: true }))

/** Resolves at the next change. */
class Watching {
  readonly watch = new FileWatch(() => this.#next.resolve(), 5)
  /** A timer of the watch does not keep the process. */
  readonly #keepAlive = setInterval(() => undefined, 1000)
  #next = Promise.withResolvers<void>()

  async changed(change: () => void): Promise<void> {
    this.#next = Promise.withResolvers()
    change()
    await within('the change is told', this.#next.promise)
  }

  [Symbol.dispose](): void {
    this.watch.stop()
    clearInterval(this.#keepAlive)
  }
}

describe('a change is told', () => {
  test('of a file that is written, replaced, removed and made again', async () => {
    using watching = new Watching()
    const [path, other] = [join(directory, 'file'), join(directory, 'other')]
    writeFileSync(path, 'a')
    await watching.watch.watch([path, join(directory, 'none')])
    await watching.changed(() => writeFileSync(path, 'bb'))
    await watching.changed(() => {
      writeFileSync(other, 'cc')
      renameSync(other, path)
    })
    await watching.changed(() => rmSync(path))
    await watching.changed(() => writeFileSync(path, 'dd'))
  })

  test('of a secret that Kubernetes swaps: a link to a folder that a link points to', async () => {
    using watching = new Watching()
    const mount = join(directory, 'secret')
    const put = (version: string, text: string): void => {
      mkdirSync(join(mount, version), { recursive: true })
      writeFileSync(join(mount, version, 'password'), text)
      symlinkSync(version, join(mount, '..data_tmp'))
      renameSync(join(mount, '..data_tmp'), join(mount, '..data'))
    }
    put('..1', 'one')
    symlinkSync('..data/password', join(mount, 'password'))
    await watching.watch.watch([join(mount, 'password')])
    await watching.changed(() => put('..2', 'two'))
  })
})
