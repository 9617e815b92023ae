/**
 * Writes that count only when they are as durable as configured: those of a turn go to the server
 * together, followed by one WAIT or WAITAOF on the same connection; those that come meanwhile are
 * the next group. A connection of its own, so that a group that waits holds up nothing else.
 */
import { StoreUnavailable } from '../../store-error.ts'
import type { Argument } from './command.ts'
import type { Link } from './link.ts'

export type Durability = 'memory' | 'replica' | 'fsync'

/** What makes writes of a server durable. */
export interface Confirming {
  readonly durability: Durability
  /** Of the server, that have to confirm where durability is `replica`. */
  readonly durabilityReplicas: number
}

/** What follows a group, and whether its answer is enough. */
interface Confirmation {
  readonly name: string
  readonly args: readonly Argument[]
  isEnough(answer: unknown): boolean
}

/** Both below the silence after which a connection is given up. */
const REPLICA_MS = 1000
/** Redis fsyncs once a second, and answers after that, unless told otherwise. */
const FSYNC_MS = 2500

const isAtLeast = (count: unknown, least: number): boolean =>
  typeof count === 'number' && count >= least

/** Answered with the number of replicas that have what this connection wrote. */
const byReplicas = (least: number): Confirmation => ({
  name: 'WAIT',
  args: [least, REPLICA_MS],
  isEnough: (answer) => isAtLeast(answer, least),
})

/** The same for the server's own disk, and for disks of replicas. */
const byDisk: Confirmation = {
  name: 'WAITAOF',
  args: [1, 0, FSYNC_MS],
  isEnough: (answer) => Array.isArray(answer) && isAtLeast(answer[0], 1),
}

interface Write {
  readonly name: string
  readonly args: readonly Argument[]
  readonly answer: PromiseWithResolvers<unknown>
}

export class GroupCommit {
  readonly #link: Link
  readonly #confirmation: Confirmation
  #next: Write[] = []
  #isBusy = false

  /** With durability `memory` there is nothing to confirm, and no group commit. */
  constructor(link: Link, { durability, durabilityReplicas }: Confirming) {
    this.#link = link
    this.#confirmation = durability === 'fsync' ? byDisk : byReplicas(durabilityReplicas)
  }

  /**
   * As `Link.call`, but resolves when the write is durable.
   * @throws StoreUnavailable also where it was not confirmed in time
   */
  call(name: string, args: readonly Argument[]): Promise<unknown> {
    const answer = Promise.withResolvers<unknown>()
    this.#next.push({ name, args, answer })
    if (!this.#isBusy) {
      this.#isBusy = true
      setImmediate(() => void this.#commit())
    }
    return answer.promise
  }

  async #commit(): Promise<void> {
    while (this.#next.length > 0) {
      const writes = this.#next
      this.#next = []
      const answers = writes.map(({ name, args }) => this.#link.call(name, args))
      const [problem, ...results] = await Promise.all([
        this.#confirm(),
        ...(await Promise.allSettled(answers)),
      ])
      results.forEach((result, index) => {
        const answer = writes[index]?.answer
        if (result.status === 'rejected') answer?.reject(result.reason)
        else if (problem !== undefined) answer?.reject(problem)
        else answer?.resolve(result.value)
      })
    }
    this.#isBusy = false
  }

  /** Why the group is not durable; undefined where it is. */
  async #confirm(): Promise<Error | undefined> {
    const { name, args, isEnough } = this.#confirmation
    try {
      if (isEnough(await this.#link.call(name, args))) return undefined
      return new StoreUnavailable(`${name} was not confirmed in time`)
    } catch (error) {
      return new StoreUnavailable(`${name} failed`, { cause: error })
    }
  }
}
