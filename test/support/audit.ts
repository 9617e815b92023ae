/**
 * Keeps the books of a load: every message with what its SEND was answered, every delivery, every
 * ACK. At the end it says what was lost, out of order, or should not have been delivered.
 */
import assert from 'node:assert/strict'
import { ConnectionClosed } from '../../src/client/errors.ts'

/** One SEND; times are those of performance.now(). */
export interface Sent {
  readonly queue: number
  readonly sender: number
  readonly sequence: number
  readonly startedAt: number
  /** `unknown`: there was no answer, so the message may or may not be delivered. */
  outcome: 'open' | 'accepted' | 'refused' | 'unknown'
  /** When it was answered or failed. */
  endedAt: number
  isDelivered: boolean
  isAcknowledged: boolean
}

type OutOfOrder = readonly [sent: Sent, latest: Sent]

/** What a command failed with, and how long it took to. */
export interface Failed {
  readonly tag: string
  readonly error: Error
  readonly ms: number
}

export interface AuditRules {
  /** An ACK may be forgotten by a failover that loses the last moments: messages come again. */
  readonly mayRepeatAcknowledged?: boolean
}

/**
 * What Redis does not answer is given up within 10 s, and the client learns it by a lost
 * connection; the rest is for a machine that is busy.
 */
const FAILURE_LIMIT_MS = 15_000

const nameOf = ({ sender, sequence }: Pick<Sent, 'sender' | 'sequence'>): string =>
  `${sender}:${sequence}`

const failureText = ({ tag, error, ms }: Failed): string =>
  `${tag} after ${Math.round(ms)} ms: ${error}`

export class Audit {
  readonly #sent = new Map<string, Sent>()
  readonly #sequences = new Map<number, number>()
  /** First deliveries of each queue, in their order. */
  readonly #delivered = new Map<number, Sent[]>()
  /** What each connection of a recipient was given. */
  readonly #given = new WeakMap<object, Set<Sent>>()
  readonly #problems: string[] = []
  readonly failures: Failed[] = []
  strayEnds = 0
  /** Connections of the load. */
  readonly dials = { tried: 0, failed: 0 }
  readonly #rules: AuditRules

  constructor(rules: AuditRules = {}) {
    this.#rules = rules
  }

  get sent(): readonly Sent[] {
    return [...this.#sent.values()]
  }

  /** For the report of a test. */
  get summary(): string {
    const of = (outcome: Sent['outcome']) => this.sent.filter((sent) => sent.outcome === outcome)
    const slowest = Math.round(Math.max(0, ...this.failures.map(({ ms }) => ms)))
    return (
      `${of('accepted').length} accepted, ${of('unknown').length} without an answer, ` +
      `${of('refused').length} refused, ${this.missing.length} lost; ${this.failures.length} ` +
      `failures, the slowest after ${slowest} ms; ${this.strayEnds} stray END`
    )
  }

  get accepted(): readonly Sent[] {
    return this.sent.filter(({ outcome }) => outcome === 'accepted')
  }

  /** Accepted and not delivered, or not yet. */
  get missing(): readonly Sent[] {
    return this.accepted.filter(({ isDelivered }) => !isDelivered)
  }

  /** Messages that came after one that was sent later. */
  get outOfOrder(): readonly OutOfOrder[] {
    return [...this.#delivered.keys()].flatMap((queue) => this.#outOfOrderIn(queue))
  }

  /** What was delivered and should not have been. */
  get problems(): readonly string[] {
    return this.#problems
  }

  /** First deliveries of a queue, in their order. */
  readonly deliveredOf = (queue: number): readonly Sent[] => this.#delivered.get(queue) ?? []

  readonly acceptedOf = (sender: number): number =>
    this.accepted.filter((sent) => sent.sender === sender).length

  /** Whether the last message accepted of each sender has arrived: there is nothing to wait for. */
  get isSettled(): boolean {
    const last = new Map(this.accepted.map((sent) => [sent.sender, sent]))
    return [...last.values()].every(({ isDelivered }) => isDelivered)
  }

  /** The body of a sender's next message. */
  sending(sender: number, queue: number): { readonly sent: Sent; readonly text: string } {
    const sequence = this.#sequences.get(sender) ?? 0
    this.#sequences.set(sender, sequence + 1)
    const startedAt = performance.now()
    const open = { outcome: 'open', endedAt: 0, isDelivered: false, isAcknowledged: false } as const
    const sent: Sent = { queue, sender, sequence, startedAt, ...open }
    this.#sent.set(nameOf(sent), sent)
    return { sent, text: nameOf(sent) }
  }

  ended(sent: Sent, outcome: 'accepted' | 'refused' | 'unknown'): void {
    sent.outcome = outcome
    sent.endedAt = performance.now()
  }

  failed(tag: string, error: Error, ms: number): void {
    this.failures.push({ tag, error, ms })
  }

  /** The message, for its ACK; undefined for one that nobody sent. */
  delivered(queue: number, text: string, connection: object): Sent | undefined {
    const sent = this.#sent.get(text)
    if (sent === undefined) return this.problem(`${text} was delivered and never sent`)
    if (sent.queue !== queue) this.problem(`${text} came out of another queue`)
    if (sent.isAcknowledged && !this.#rules.mayRepeatAcknowledged)
      this.problem(`${text} was acknowledged and delivered again`)
    const given = this.#given.get(connection) ?? new Set()
    if (given.has(sent) && !this.#rules.mayRepeatAcknowledged)
      this.problem(`${text} was delivered twice to one connection`)
    this.#given.set(connection, given.add(sent))
    if (!sent.isDelivered) this.#firstDelivery(queue, sent)
    return sent
  }

  #firstDelivery(queue: number, sent: Sent): void {
    const delivered = this.#delivered.get(queue) ?? []
    this.#delivered.set(queue, delivered)
    delivered.push(sent)
    sent.isDelivered = true
  }

  problem(text: string): undefined {
    this.#problems.push(text)
  }

  /**
   * Everything that was accepted was delivered, nothing else was but what had no answer, and in
   * order: what was accepted before another SEND began comes before that one's message.
   */
  check(): void {
    assert.deepEqual(this.missing.map(nameOf), [], 'accepted and not delivered')
    this.checkDelivered()
  }

  /** As `check`, where messages may be lost. */
  checkDelivered(): void {
    const refused = this.sent.filter((sent) => sent.outcome === 'refused' && sent.isDelivered)
    for (const sent of refused) this.problem(`${nameOf(sent)} was refused and delivered`)
    for (const [sent, latest] of this.outOfOrder)
      this.problem(`${nameOf(sent)} came after ${nameOf(latest)}, which was sent later`)
    assert.deepEqual(this.#problems, [])
  }

  /** Clients take every ERR as final and a lost connection as temporary. */
  checkFailures(): void {
    const isTemporary = ({ error, ms }: Failed): boolean =>
      error instanceof ConnectionClosed && ms < FAILURE_LIMIT_MS
    const final = this.failures.filter((failed) => !isTemporary(failed))
    assert.deepEqual(final.map(failureText), [])
  }

  /** Clients take END as the wish of another device, and do not subscribe again. */
  checkNoEnds(): void {
    assert.equal(this.strayEnds, 0, 'END at the only recipient of a queue')
  }

  checkNoFailures(): void {
    assert.deepEqual(this.failures.map(failureText), [])
  }

  #outOfOrderIn(queue: number): readonly OutOfOrder[] {
    const found: OutOfOrder[] = []
    let latest: Sent | undefined
    for (const sent of this.deliveredOf(queue)) {
      if (latest && sent.outcome === 'accepted' && sent.endedAt < latest.startedAt)
        found.push([sent, latest])
      if (latest === undefined || sent.startedAt > latest.startedAt) latest = sent
    }
    return found
  }
}
