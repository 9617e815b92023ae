/** Requests that wait for their answer, by correlation id. */
import { ProtocolError } from '../protocol/bytes.ts'
import type { EntityId } from '../protocol/ids.ts'
import type { Reply } from '../protocol/reply.ts'
import { RequestTimeout, UnexpectedReply } from './errors.ts'
import { hasRightEntity } from './replies.ts'
import type { Timers } from './timers.ts'

interface Pending {
  readonly entityId: EntityId
  resolve(reply: Reply): void
  reject(error: Error): void
  cancelTimer(): void
}

/** An answer as it came in; `read` throws a ProtocolError when it does not parse. */
export interface Answer {
  readonly correlationId: string
  readonly entityId: EntityId
  read(): Reply
}

/** Timed out requests whose late answers are still recognised. */
const MAX_LATE = 1024

export class PendingRequests {
  readonly #timers: Timers
  readonly #pending = new Map<string, Pending>()
  readonly #late = new Set<string>()

  constructor(timers: Timers) {
    this.#timers = timers
  }

  get isEmpty(): boolean {
    return this.#pending.size === 0
  }

  /** @throws TypeError where two requests would wait under one id */
  checkFree(ids: readonly string[]): void {
    const isTaken = ids.some((id) => this.#pending.has(id))
    if (isTaken || new Set(ids).size < ids.length)
      throw new TypeError('the correlation id is in use')
  }

  /** The answer; rejects with RequestTimeout, UnexpectedReply or what `failAll` gives. */
  add(correlationId: string, entityId: EntityId, timeoutMs: number): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const cancelTimer = this.#timers.after(timeoutMs, () => {
        this.#expire(correlationId)
        reject(new RequestTimeout(`no answer within ${timeoutMs} ms`))
      })
      this.#pending.set(correlationId, { entityId, resolve, reject, cancelTimer })
    })
  }

  /** Whether a request waited for it, or no longer did, or never asked. */
  settle(answer: Answer): 'settled' | 'late' | 'unknown' {
    const pending = this.#pending.get(answer.correlationId)
    if (pending === undefined) return this.#late.delete(answer.correlationId) ? 'late' : 'unknown'
    this.#pending.delete(answer.correlationId)
    pending.cancelTimer()
    try {
      const reply = answer.read()
      if (hasRightEntity(reply, answer.entityId, pending.entityId)) pending.resolve(reply)
      else pending.reject(new UnexpectedReply('the answer names another entity', { reply }))
    } catch (cause) {
      if (!(cause instanceof ProtocolError)) throw cause
      pending.reject(new UnexpectedReply('the answer does not parse', { cause }))
    }
    return 'settled'
  }

  failAll(error: Error): void {
    for (const pending of this.#pending.values()) {
      pending.cancelTimer()
      pending.reject(error)
    }
    this.#pending.clear()
    this.#late.clear()
  }

  #expire(correlationId: string): void {
    this.#pending.delete(correlationId)
    this.#late.add(correlationId)
    if (this.#late.size <= MAX_LATE) return
    for (const oldest of this.#late) {
      this.#late.delete(oldest)
      break
    }
  }
}
