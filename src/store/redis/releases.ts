/**
 * Gives up what closed connections held. Very many may close at once with very many subscriptions
 * each, so they are read a few at a time, others being served in between, and leave together where
 * they lie in one partition. What cannot be given up is corrected on contact.
 */

import { fieldOf, type Held } from './interests.ts'
import type { Pod } from './pod.ts'
import { scripts } from './scripts.ts'

/** Read in one turn of the event loop: some milliseconds. */
const READ_AT_ONCE = 512
/** Of one script: Redis serves nobody else meanwhile. */
const MOST_KEYS = 16
/** Read and not given up; what else closed connections held waits unread. */
const MOST_PENDING = 4096

/** A connection with what it held, read so far. */
interface Closed {
  readonly held: Iterator<Held>
  /** Not given up yet; one more until all is read. */
  left: number
  readonly released: () => void
}

interface Release {
  readonly held: Held
  readonly of: Closed
}

const settle = (closed: Closed): void => {
  closed.left -= 1
  if (closed.left === 0) closed.released()
}

export class Releases {
  readonly #pod: Pod
  readonly #onFault: (error: unknown, during: string) => void
  readonly #closed: Closed[] = []
  /** What waits for a script of its partition that is under way. */
  readonly #waiting = new Map<string, Release[]>()
  #pending = 0
  #isReading = false

  constructor(pod: Pod, onFault: (error: unknown, during: string) => void) {
    this.#pod = pod
    this.#onFault = onFault
  }

  /** Forgets the connection at once, and resolves when Redis was told, or could not be. */
  add(connection: number): Promise<void> {
    const held = this.#pod.interests.take(connection)[Symbol.iterator]()
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#closed.push({ held, left: 1, released: resolve })
    this.#readSoon()
    return promise
  }

  #readSoon(): void {
    if (this.#isReading || this.#closed.length === 0 || this.#pending >= MOST_PENDING) return
    this.#isReading = true
    setImmediate(() => {
      this.#isReading = false
      this.#read()
      this.#readSoon()
    })
  }

  #read(): void {
    const read = new Map<string, Release[]>()
    for (let count = 0; count < READ_AT_ONCE && this.#pending < MOST_PENDING; count++) {
      const closed = this.#closed.at(-1)
      if (closed === undefined) break
      const { done, value } = closed.held.next()
      if (done === true) {
        this.#closed.pop()
        settle(closed)
      } else {
        closed.left += 1
        this.#pending += 1
        const tag = this.#pod.options.keys.tagOf(value.blind)
        const release = { held: value, of: closed }
        const others = this.#waiting.get(tag) ?? read.get(tag)
        if (others === undefined) read.set(tag, [release])
        else others.push(release)
      }
    }
    for (const [tag, releases] of read) void this.#giveUp(tag, releases)
  }

  /** One script after the other, until nothing of the partition waits. */
  async #giveUp(tag: string, releases: Release[]): Promise<void> {
    this.#waiting.set(tag, releases)
    while (releases.length > 0) {
      let tried = releases.splice(0, MOST_KEYS)
      try {
        await this.#run(tried)
      } catch (error) {
        this.#onFault(error, 'release')
        // they would wait as long, and more would come
        tried = [...tried, ...releases.splice(0)]
      }
      this.#pending -= tried.length
      for (const { of } of tried) settle(of)
      this.#readSoon()
    }
    this.#waiting.delete(tag)
  }

  /** Nobody here minds whether it was run. */
  #run(releases: readonly Release[]): Promise<unknown> {
    const { keys, servers } = this.#pod.options
    const [first, ...others] = releases.map(({ held }) => keys.ofQueue(held.blind).queue)
    if (first === undefined) throw new RangeError('nothing to release')
    const args = releases.flatMap(({ held }) => [
      fieldOf(held.interest.party),
      this.#pod.claimText(held),
    ])
    return scripts.release.run(servers, [first, ...others], { args })
  }
}
