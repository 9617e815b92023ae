/** One connection after the other that sends to many queues, one message at a time to each. */
import { setTimeout as delay } from 'node:timers/promises'
import { errorText, type Reply } from '../../src/client/index.ts'
import { utf8Bytes } from '../../src/protocol/bytes.ts'
import type { Queue } from '../../test/support/load.ts'
import type { Outcome } from './history.ts'
import { Line, type Place } from './line.ts'

/** Each message of a queue waits for a random part of it. */
const PAUSE_MS = 400
/** One in so many is large. */
const LARGE_EVERY = 8
export const LARGE_BYTES = 15_000

const outcomeOf = (reply: Reply | undefined): { outcome: Outcome; why?: string } => {
  if (reply === undefined) return { outcome: 'unknown' }
  if (reply.tag === 'OK') return { outcome: 'accepted' }
  return { outcome: 'refused', why: reply.tag === 'ERR' ? errorText(reply.error) : reply.tag }
}

export class Sender {
  readonly #place: Place
  readonly #name: string
  readonly #stop = new AbortController()
  #line: Promise<Line> | undefined
  #count = 0
  #done: Promise<unknown> = Promise.resolve()

  constructor(place: Place, name: string) {
    this.#place = place
    this.#name = name
  }

  start(queues: readonly Queue[]): void {
    this.#done = Promise.all(queues.map((queue) => this.#lane(queue)))
  }

  /** Resolves when nothing is under way any more. */
  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#done
  }

  get present(): Promise<Line> | undefined {
    return this.#line
  }

  /** @returns whether it was accepted */
  async send(queue: Queue, { isProbe = false } = {}): Promise<boolean> {
    const { history } = this.#place
    const line = await this.#connection()
    this.#count += 1
    const message = `${queue.number}/${this.#name}${this.#count}`
    const more = this.#count % LARGE_EVERY === 0 ? 'x'.repeat(LARGE_BYTES) : ''
    const body = utf8Bytes(`${message} ${more}`)
    history.add({ type: 'send', queue: queue.number, message, ...(isProbe && { probe: true }) })
    const reply = await line.ask(queue.number, {
      command: { tag: 'SEND', notification: false, body },
      entityId: queue.recipient.senderId,
      key: queue.senderKey.privateKey,
    })
    const end = outcomeOf(reply)
    history.add({ type: 'sent', message, ...end })
    if (reply === undefined) await this.#forget(line)
    return end.outcome === 'accepted'
  }

  async #lane(queue: Queue): Promise<void> {
    try {
      while (!this.#stop.signal.aborted) {
        await this.send(queue)
        // not waiting for anything: the rate of the load
        await delay(Math.random() * PAUSE_MS)
      }
    } catch (error) {
      if (!this.#place.signal.aborted) throw error
    }
  }

  /** The lanes share one, and the next one when it is lost. */
  #connection(): Promise<Line> {
    this.#line ??= Line.open(this.#place)
    return this.#line
  }

  async #forget(line: Line): Promise<void> {
    const present = this.#line
    if (present === undefined || (await present) !== line || this.#line !== present) return
    this.#line = undefined
    await line[Symbol.asyncDispose]()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
    const line = await this.#line?.catch(() => undefined)
    await line?.[Symbol.asyncDispose]()
  }
}
