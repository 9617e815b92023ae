/** A recipient: one connection after the other, subscribed to the queues that it owns. */
import {
  ConnectionClosed,
  errorText,
  type Reply,
  type SmpEvent,
  SmpRefusal,
} from '../../src/client/index.ts'
import type { EntityId } from '../../src/protocol/ids.ts'
import type { Queue } from '../../test/support/load.ts'
import { Line, type Place } from './line.ts'
import { idText, nameOf } from './opened.ts'

/** A queue as one SUB of the present connection has it. */
interface Holding {
  readonly queue: Queue
  readonly subscription: number
  readonly line: Line
  isAnswered: boolean
}

export class Device {
  readonly #place: Place
  /** Those of which nobody else has become the owner. */
  readonly #owned = new Set<Queue>()
  readonly #holdings = new Map<EntityId, Holding>()
  #line: Line | undefined
  #gate: Promise<unknown> = Promise.resolve()
  #done: Promise<void> = Promise.resolve()

  constructor(place: Place) {
    this.#place = place
  }

  start(queues: readonly Queue[]): void {
    for (const queue of queues) this.#owned.add(queue)
    this.#done = this.#run()
  }

  /** Ends when the place's signal says so. */
  get done(): Promise<void> {
    return this.#done
  }

  get line(): Line | undefined {
    return this.#line
  }

  get owned(): readonly Queue[] {
    return [...this.#owned]
  }

  /** Whether every queue that it owns is its own as far as it knows. */
  get isSettled(): boolean {
    return this.waiting.length === 0
  }

  /** Queues that it owns and is not subscribed to. */
  get waiting(): readonly Queue[] {
    return this.owned.filter(
      ({ recipient: { recipientId } }) => !this.#holdings.get(recipientId)?.isAnswered,
    )
  }

  /** Acknowledges nothing until this has resolved. */
  holdAcks(until: Promise<unknown>): void {
    this.#gate = Promise.all([this.#gate, until])
  }

  release(queue: Queue): void {
    this.#owned.delete(queue)
  }

  /** Subscribes to a queue that another device had. */
  take(queue: Queue): void {
    this.#owned.add(queue)
    const line = this.#line
    if (line === undefined) return
    // what comes for the SUB before could not be told from what comes for a new one
    if (this.#holdings.has(queue.recipient.recipientId)) line.connection.close()
    else void this.#subscribe(line, [queue])
  }

  async #run(): Promise<void> {
    const { signal } = this.#place
    while (!signal.aborted)
      try {
        await using line = await Line.open(this.#place, (event) => this.#receive(event))
        signal.addEventListener('abort', () => line.connection.close(), { once: true })
        this.#line = line
        await this.#subscribe(line, this.owned)
        await line.closed
        this.#line = undefined
        this.#holdings.clear()
      } catch (error) {
        if (!signal.aborted) throw error
      }
  }

  /** All of them in one block. */
  async #subscribe(line: Line, queues: readonly Queue[]): Promise<void> {
    const { history } = this.#place
    if (queues.length === 0) return
    const holdings = queues.map((queue): Holding => {
      const subscription = history.nextSubscription()
      const { number: connection } = line
      history.add({ type: 'subscribe', queue: queue.number, subscription, connection })
      const holding = { queue, subscription, line, isAnswered: false }
      this.#holdings.set(queue.recipient.recipientId, holding)
      return holding
    })
    const requests = queues.map(({ recipient: { recipientId: entityId, key } }) => ({
      ...{ command: { tag: 'SUB' } as const, entityId, key },
    }))
    const results = await line.connection.requestBatch(requests).catch(() => [])
    for (const [index, result] of results.entries()) {
      const holding = holdings[index]
      if (holding !== undefined)
        this.#subscribed(holding, 'reply' in result ? result.reply : result.error)
    }
  }

  #subscribed(holding: Holding, answer: Reply | Error): void {
    const { history } = this.#place
    const { subscription, line } = holding
    if (answer instanceof SmpRefusal) {
      history.add({ type: 'not-subscribed', subscription, why: errorText(answer.error) })
      return
    }
    if (answer instanceof Error) {
      const { number } = holding.queue
      if (!(answer instanceof ConnectionClosed))
        history.add({ type: 'unanswered', queue: number, command: `SUB (${answer})` })
      line.connection.close()
      return
    }
    holding.isAnswered = true
    history.add({ type: 'subscribed', subscription })
    if (answer.tag === 'MSG') void this.#take(holding, answer)
  }

  #receive({ entityId, reply }: SmpEvent): void {
    const holding = this.#holdings.get(entityId)
    if (holding === undefined) return
    if (reply.tag === 'MSG') void this.#take(holding, reply)
    else if (reply.tag === 'END') this.#ended(entityId, holding)
  }

  #ended(entityId: EntityId, { queue, subscription, line }: Holding): void {
    this.#place.history.add({ type: 'ended', subscription })
    this.#holdings.delete(entityId)
    // a SUB whose answer never came may have been done late: the owner wants it back
    if (this.#owned.has(queue)) void this.#subscribe(line, [queue])
  }

  async #take(holding: Holding, first: Reply<'MSG'>): Promise<void> {
    const { history } = this.#place
    const { queue, subscription, line } = holding
    const { recipientId: entityId, key } = queue.recipient
    for (let next: Reply | undefined = first; next?.tag === 'MSG'; ) {
      const { messageId } = next
      const message = nameOf(queue, next)
      history.add({ type: 'delivered', subscription, message, messageId: idText(messageId) })
      await this.#gate
      history.add({ type: 'acknowledge', subscription, message })
      next = await line.ask(queue.number, { command: { tag: 'ACK', messageId }, entityId, key })
      if (next?.tag === 'OK' || next?.tag === 'MSG')
        history.add({ type: 'acknowledged', subscription, message })
      else if (next?.tag === 'ERR')
        history.add({ type: 'not-acknowledged', subscription, message, why: errorText(next.error) })
      else history.add({ type: 'ack-lost', subscription, message })
    }
  }
}
