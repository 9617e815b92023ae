/**
 * Tells when files have changed. It asks for the files themselves, through links, so that it sees
 * what certbot, editors and Kubernetes change: a file, a link to it, or a link to their folder.
 */
import { stat } from 'node:fs/promises'

const LOOK_MS = 1_000
/** Other than everything that is seen. */
const UNKNOWN = '?'

/** Differs whenever another file, or another content, is found at the path. */
const lookAt = async (path: string): Promise<string> => {
  try {
    const { dev, ino, size, mtimeMs } = await stat(path)
    return `${dev} ${ino} ${size} ${mtimeMs}`
  } catch {
    return ''
  }
}

export class FileWatch {
  readonly #changed: () => void
  readonly #timer: NodeJS.Timeout
  #paths: readonly string[] = []
  /** At the last look, and when it was told last. */
  #seen = ''
  #told = ''
  #isLooking = false

  /** @param changed called once they have changed and then stayed the same for a look */
  constructor(changed: () => void, lookMs = LOOK_MS) {
    this.#changed = changed
    this.#timer = setInterval(() => void this.#look(), lookMs).unref()
  }

  /** What they are now counts as known, or as a change, where they were read before this. */
  async watch(paths: Iterable<string>, isKnown = true): Promise<void> {
    this.#paths = [...paths]
    this.#seen = await this.#lookAtAll()
    this.#told = isKnown ? this.#seen : UNKNOWN
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  async #look(): Promise<void> {
    if (this.#isLooking) return
    this.#isLooking = true
    const before = this.#seen
    this.#seen = await this.#lookAtAll()
    this.#isLooking = false
    // who writes them may not be done while they still change
    if (this.#seen !== before || this.#seen === this.#told) return
    this.#told = this.#seen
    this.#changed()
  }

  async #lookAtAll(): Promise<string> {
    return (await Promise.all(this.#paths.map(lookAt))).join('\n')
  }
}
