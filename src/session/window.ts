/** Bounds the work in progress by the bytes that its answers may take. */
import type { SessionMeasures } from '../measures/session-measures.ts'

export class Window {
  readonly #limit: number
  readonly #paused: SessionMeasures['paused'] | undefined
  #used = 0
  readonly #waiting: (() => void)[] = []

  /** @param paused connections that wait for their own answers */
  constructor(limit: number, paused?: SessionMeasures['paused']) {
    this.#limit = limit
    this.#paused = paused
  }

  /** Resolves when there is room; whatever is alone has room. One caller at a time. */
  async enter(weight: number): Promise<void> {
    if (!this.#hasRoom(weight)) await this.#room(weight)
    this.#used += weight
  }

  leave(weight: number): void {
    this.#used -= weight
    this.#waiting.shift()?.()
  }

  #hasRoom(weight: number): boolean {
    return this.#used === 0 || this.#used + weight <= this.#limit
  }

  async #room(weight: number): Promise<void> {
    if (this.#paused !== undefined) this.#paused.work += 1
    while (!this.#hasRoom(weight)) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    if (this.#paused !== undefined) this.#paused.work -= 1
  }
}
