/**
 * Senders and recipients that go on whatever happens: on an error they connect to any living pod.
 * What they send, get and are refused stands in the audit.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { AsyncQueue } from '../../src/client/async-queue.ts'
import {
  type Command,
  connectSmp,
  type KeyPair,
  nativeCrypto,
  openMessage,
  type RecipientCredentials,
  type Reply,
  SmpClient,
  type SmpConnection,
  type SmpEvent,
  SmpRefusal,
} from '../../src/client/index.ts'
import { utf8Bytes, utf8Text } from '../../src/protocol/bytes.ts'
import { idBytes } from '../../src/protocol/ids.ts'
import type { Audit, Sent } from './audit.ts'
import type { Pod } from './pods.ts'
import { until } from './redis/until.ts'

/** Longer than any answer may take, so that one that takes too long is seen and not cut off. */
const RESPONSE_MS = 30_000
const CONNECT_MS = 10_000
const REDIAL_MS = 50

export interface DialOptions {
  /** Where to begin. */
  readonly first: number
  readonly signal?: AbortSignal
  readonly onEvent?: (event: SmpEvent) => void
  readonly dials?: Dials
}

/** Where connections go: pods, or what stands before them. */
export interface Places {
  readonly living: readonly Pick<Pod, 'address'>[]
  at(index: number): Pick<Pod, 'address'>
}

/** How connections were made. */
export interface Dials {
  tried: number
  failed: number
}

/** A connection to the first living pod that gives one, however long that takes. */
export const dial = async (pods: Places, options: DialOptions): Promise<SmpConnection> => {
  const { first, dials = { tried: 0, failed: 0 }, ...rest } = options
  for (let attempt = first; ; attempt += 1) {
    const { living } = pods
    const pod = living[attempt % living.length]
    dials.tried += 1
    try {
      if (pod !== undefined)
        return await connectSmp({
          address: pod.address,
          connectMs: CONNECT_MS,
          responseMs: RESPONSE_MS,
          ...rest,
        })
    } catch (error) {
      if (options.signal?.aborted) throw error
    }
    dials.failed += 1
    // a pod that ends refuses at once
    await delay(REDIAL_MS, undefined, { signal: options.signal })
  }
}

/** A client that finds another pod when it loses its own. */
export const openAnywhere = (pods: Places, first = 0): Promise<SmpClient> => {
  const { address } = pods.at(first)
  let next = first
  return SmpClient.open({
    server: address,
    crypto: nativeCrypto,
    backoff: { firstMs: REDIAL_MS, maxMs: 500 },
    open: (options) => dial(pods, { ...options, first: next++ }),
  })
}

export interface Queue {
  readonly number: number
  readonly recipient: RecipientCredentials
  readonly senderKey: KeyPair
}

interface Part {
  readonly pods: Places
  readonly audit: Audit
  readonly queue: Queue
  readonly signal: AbortSignal
}

/** What senders and recipients have in common: one connection at a time, for ever. */
abstract class Worker {
  protected readonly part: Part
  readonly #number: number
  #done: Promise<void> = Promise.resolve()

  constructor(part: Part, number: number) {
    this.part = part
    this.#number = number
  }

  get done(): Promise<void> {
    return this.#done
  }

  start(): void {
    this.#done = this.#run().catch((error: unknown) => {
      if (!this.stopSignal.aborted) this.part.audit.problem(`a worker failed: ${error}`)
    })
  }

  /** Aborted when it is to begin nothing new. */
  protected abstract get stopSignal(): AbortSignal
  protected abstract work(connection: SmpConnection, events: AsyncQueue<Reply>): Promise<void>

  async #run(): Promise<void> {
    const { pods, audit, signal } = this.part
    for (let first = this.#number; !this.stopSignal.aborted; first += 1) {
      const events = new AsyncQueue<Reply>()
      const onEvent = ({ reply }: SmpEvent): void => events.push(reply)
      const options = { first, signal: this.stopSignal, onEvent, dials: audit.dials }
      await using connection = await dial(pods, options)
      const onAbort = (): void => connection.close()
      signal.addEventListener('abort', onAbort)
      void connection.closed.then(() => events.end())
      await this.work(connection, events)
      signal.removeEventListener('abort', onAbort)
    }
  }

  /** Undefined when it failed, which the audit knows of. */
  protected async ask<C extends Command>(
    ask: () => Promise<Reply>,
    tag: C['tag'],
  ): Promise<Reply | Error> {
    const startedAt = performance.now()
    try {
      return await ask()
    } catch (error) {
      const failed = error instanceof Error ? error : new Error(String(error))
      if (!this.part.signal.aborted)
        this.part.audit.failed(tag, failed, performance.now() - startedAt)
      return failed
    }
  }
}

class Sender extends Worker {
  readonly #number: number
  readonly #pauseMs: number
  readonly #stop = new AbortController()
  protected override readonly stopSignal: AbortSignal

  constructor(part: Part, { number, pauseMs }: { number: number; pauseMs: number }) {
    super(part, number)
    this.#number = number
    this.#pauseMs = pauseMs
    this.stopSignal = AbortSignal.any([part.signal, this.#stop.signal])
  }

  get number(): number {
    return this.#number
  }

  stop(): void {
    this.#stop.abort()
  }

  protected override async work(connection: SmpConnection): Promise<void> {
    while (!this.stopSignal.aborted && (await this.#send(connection)))
      // not waiting for anything: the rate of the load
      await delay(this.#pauseMs)
  }

  /** Whether the connection is still of use. */
  async #send(connection: SmpConnection): Promise<boolean> {
    const { audit, queue } = this.part
    const { sent, text } = audit.sending(this.#number, queue.number)
    const { senderId: entityId } = queue.recipient
    const key = queue.senderKey.privateKey
    const command = { tag: 'SEND', notification: false, body: utf8Bytes(text) } as const
    const answer = await this.ask(() => connection.request(command, { entityId, key }), 'SEND')
    audit.ended(sent, outcomeOf(answer))
    return !(answer instanceof Error)
  }
}

const outcomeOf = (answer: Reply | Error): 'accepted' | 'refused' | 'unknown' => {
  if (!(answer instanceof Error)) return 'accepted'
  // INTERNAL says that something went wrong, not that nothing was stored
  const isRefusal = answer instanceof SmpRefusal && answer.error.code !== 'INTERNAL'
  return isRefusal ? 'refused' : 'unknown'
}

class Recipient extends Worker {
  #gate: PromiseWithResolvers<void> | undefined

  /** Takes no message more, so that those which come stay where they are. */
  hold(): void {
    this.#gate ??= Promise.withResolvers()
  }

  release(): void {
    this.#gate?.resolve()
    this.#gate = undefined
  }

  protected override get stopSignal(): AbortSignal {
    return this.part.signal
  }

  /** One SUB on each connection. */
  protected override async work(connection: SmpConnection, events: AsyncQueue<Reply>) {
    let reply = await this.#request(connection, { tag: 'SUB' })
    while (!(reply instanceof Error)) {
      if (reply.tag === 'MSG') {
        reply = await this.#take(connection, reply)
      } else if (reply.tag === 'OK' || reply.tag === 'SOK') {
        const { value, done } = await events.next()
        if (done) return
        reply = value
      } else {
        // nobody else is subscribed; but a SUB whose answer never came may be executed late
        this.part.audit.strayEnds += 1
        return
      }
    }
  }

  #request(connection: SmpConnection, command: Command<'SUB' | 'ACK'>): Promise<Reply | Error> {
    const { recipientId: entityId, key } = this.part.queue.recipient
    return this.ask(() => connection.request(command, { entityId, key }), command.tag)
  }

  async #take(connection: SmpConnection, { messageId, body }: Reply<'MSG'>) {
    const { audit, queue } = this.part
    const { secret } = queue.recipient
    await this.#gate?.promise
    const opened = openMessage(nativeCrypto, { secret, messageId: idBytes(messageId) }, body)
    let sent: Sent | undefined
    if (opened.tag === 'message')
      sent = audit.delivered(queue.number, utf8Text(opened.body), connection)
    const reply = await this.#request(connection, { tag: 'ACK', messageId })
    if (sent !== undefined && !(reply instanceof Error)) sent.isAcknowledged = true
    return reply
  }
}

export interface LoadOptions {
  readonly pods: Places
  readonly audit: Audit
  readonly queues?: number
  readonly sendersEach?: number
  /** Of each sender between two messages. */
  readonly pauseMs?: number
}

/** A secured queue that nobody is subscribed to. */
export const createQueue = async (client: SmpClient, number: number): Promise<Queue> => {
  const { credentials } = await client.createQueue({ subscribe: false })
  const senderKey = await client.makeSenderKey()
  await client.openSender({ senderId: credentials.senderId, key: senderKey }).secure()
  return { number, recipient: credentials, senderKey }
}

export class Load implements AsyncDisposable {
  readonly #audit: Audit
  readonly #abort: AbortController
  readonly #senders: readonly Sender[]
  readonly #recipients: readonly Recipient[]

  private constructor(options: LoadOptions, queues: readonly Queue[]) {
    const { pods, audit, sendersEach = 2, pauseMs = 20 } = options
    this.#audit = audit
    this.#abort = new AbortController()
    const { signal } = this.#abort
    const partOf = (queue: Queue): Part => ({ pods, audit, queue, signal })
    const numbers = Array.from({ length: sendersEach }, (_, i) => i)
    this.#recipients = queues.map((queue) => new Recipient(partOf(queue), queue.number + 1))
    this.#senders = queues.flatMap((queue) =>
      numbers.map((i) => {
        const number = queue.number * sendersEach + i
        return new Sender(partOf(queue), { number, pauseMs })
      }),
    )
  }

  /** Makes the queues, and begins when `ready` has resolved. */
  static async start(options: LoadOptions, ready?: () => Promise<void>): Promise<Load> {
    const { pods, queues = 3 } = options
    await using client = await openAnywhere(pods)
    const numbers = Array.from({ length: queues }, (_, number) => number)
    const made = await Promise.all(numbers.map((number) => createQueue(client, number)))
    await ready?.()
    const load = new Load(options, made)
    for (const worker of [...load.#recipients, ...load.#senders]) worker.start()
    return load
  }

  /** Every sender has `count` more messages accepted. */
  async acceptance(count: number, what: string): Promise<void> {
    const { acceptedOf } = this.#audit
    const goals = new Map(this.#senders.map(({ number }) => [number, acceptedOf(number) + count]))
    await until(`senders make progress ${what}`, () =>
      [...goals].every(([sender, goal]) => acceptedOf(sender) >= goal),
    )
  }

  /** As `acceptance`, and every queue gives as many. */
  async progress(count: number, what: string): Promise<void> {
    const { deliveredOf } = this.#audit
    const goals = this.#recipients.map((_, queue) => deliveredOf(queue).length + count)
    await this.acceptance(count, what)
    await until(`recipients make progress ${what}`, () =>
      goals.every((goal, queue) => deliveredOf(queue).length >= goal),
    )
  }

  /** Recipients leave their messages where they are, until `release`. */
  hold(): void {
    for (const recipient of this.#recipients) recipient.hold()
  }

  release(): void {
    for (const recipient of this.#recipients) recipient.release()
  }

  /** The senders stop, the recipients take what is left. */
  async finish(): Promise<void> {
    for (const sender of this.#senders) sender.stop()
    await Promise.all(this.#senders.map(({ done }) => done))
    await until('what was accepted arrives', () => this.#audit.isSettled)
    await this[Symbol.asyncDispose]()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort()
    this.release()
    const workers = [...this.#senders, ...this.#recipients]
    await Promise.all(workers.map(({ done }) => done))
  }
}
