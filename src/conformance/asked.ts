/** The requests of a connection that are not answered yet, by correlation id. */
import type { CommandOrText } from './commands.ts'
import type { Signer } from './signer.ts'

export interface Asked {
  readonly by: Signer
  readonly command: CommandOrText
}

const isNew = ({ command }: Asked): boolean =>
  typeof command === 'string' ? command.startsWith('NEW') : command.tag === 'NEW'

export class AskedRequests {
  readonly #all = new Map<string, Asked[]>()
  #onMade: (() => void) | undefined

  add(id: string, asked: Asked): void {
    const others = this.#all.get(id)
    if (others === undefined) this.#all.set(id, [asked])
    else others.push(asked)
  }

  /** The oldest request with this id, which is now answered. */
  take(id: string): Asked | undefined {
    const asked = this.#all.get(id)
    const first = asked?.shift()
    if (asked?.length === 0) this.#all.delete(id)
    if (!this.#isMaking) this.#onMade?.()
    return first
  }

  /** Resolves when no NEW waits for its answer: there may be a queue that nobody knows of yet. */
  async made(): Promise<void> {
    if (!this.#isMaking) return
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#onMade = resolve
    await promise
  }

  get #isMaking(): boolean {
    return [...this.#all.values()].some((all) => all.some(isNew))
  }
}
