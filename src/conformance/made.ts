/** The queues that a run made and has not deleted: it leaves none behind. */
import type { KeyPair } from '../crypto/provider.ts'
import type { RecipientId } from '../protocol/ids.ts'

/** Of one check; none needs more. */
const MAX_QUEUES = 64

export interface MadeQueue {
  readonly rid: RecipientId
  /** Any of them may be the one that the queue has by now. */
  readonly keys: readonly KeyPair[]
  /** DEL was said, and its answer may not have been heard: then AUTH means that it is gone. */
  readonly mayBeGone: boolean
}

export class TooManyQueues extends Error {
  override readonly name = 'TooManyQueues'
}

export class MadeQueues {
  readonly #queues = new Map<RecipientId, MadeQueue>()
  #count = 0

  /** Made so far, deleted or not. */
  get count(): number {
    return this.#count
  }

  get left(): readonly MadeQueue[] {
    return [...this.#queues.values()]
  }

  add(rid: RecipientId, key: KeyPair): void {
    this.#count += 1
    this.#queues.set(rid, { rid, keys: [key], mayBeGone: false })
  }

  /** Before NEW: a check that makes more than it may is a mistake of ours. */
  checkRoom(): void {
    if (this.#queues.size >= MAX_QUEUES) throw new TooManyQueues('a check makes too many queues')
  }

  addKey(rid: RecipientId, key: KeyPair): void {
    const queue = this.#queues.get(rid)
    if (queue) this.#queues.set(rid, { ...queue, keys: [...queue.keys, key] })
  }

  deleting(rid: RecipientId): void {
    const queue = this.#queues.get(rid)
    if (queue) this.#queues.set(rid, { ...queue, mayBeGone: true })
  }

  remove(rid: RecipientId): void {
    this.#queues.delete(rid)
  }
}
