/** The clients of a round: devices that own queues, and senders to all of them. */
import { setTimeout as delay } from 'node:timers/promises'
import { ConnectionClosed, errorText, type Reply, type SmpClient } from '../../src/client/index.ts'
import { utf8Bytes } from '../../src/protocol/bytes.ts'
import { createQueue, openAnywhere, type Queue } from '../../test/support/load.ts'
import type { Pods } from '../../test/support/pods.ts'
import { archivedIn } from './audit-answers.ts'
import { Device } from './device.ts'
import { History } from './history.ts'
import { Line, type Place } from './line.ts'
import { idText, nameOf } from './opened.ts'
import { LARGE_BYTES, Sender } from './sender.ts'

const QUEUES = 24
const DEVICES = 6
/** Each sends to all queues. */
const SENDERS = 2
const POLL_MS = 10
const ATTEMPTS = 3

export class RoundLoad implements AsyncDisposable {
  readonly history = new History()
  readonly queues: readonly Queue[]
  readonly devices: readonly Device[]
  /** One for each device: a queue with a large message, to which nobody subscribes. */
  readonly archives: readonly Queue[]
  readonly #senders: readonly Sender[]
  readonly #place: Place
  readonly #abort = new AbortController()

  private constructor(pods: Pods, queues: readonly Queue[], archives: readonly Queue[]) {
    const { history } = this
    const { signal } = this.#abort
    this.queues = queues
    this.archives = archives
    this.#place = { pods: () => pods.living, history, signal }
    this.devices = Array.from({ length: DEVICES }, () => new Device(this.#place))
    this.#senders = Array.from(
      { length: SENDERS },
      (_, i) => new Sender(this.#place, 'abc'[i] ?? ''),
    )
  }

  static async start(pods: Pods): Promise<RoundLoad> {
    const { queues, archives } = await createAll(pods)
    const load = new RoundLoad(pods, queues, archives)
    for (const [index, device] of load.devices.entries())
      device.start(queues.filter(({ number }) => number % DEVICES === index))
    for (const sender of load.#senders) sender.start(queues)
    return load
  }

  /** Connections that are there now. */
  async lines(): Promise<readonly Line[]> {
    const senders = await Promise.all(this.#senders.map(({ present }) => present))
    const devices = this.devices.map(({ line }) => line)
    return [...devices, ...senders].filter((line) => line !== undefined)
  }

  /** @param draw from 0 and below 1: which of the other devices gets it */
  takeOver(queue: Queue, draw: number): void {
    const owner = this.devices.find(({ owned }) => owned.includes(queue))
    const others = this.devices.filter((device) => device !== owner)
    owner?.release(queue)
    others[Math.floor(draw * others.length)]?.take(queue)
  }

  /** Whether every queue has its subscriber before the time is over. */
  subscribed(withinMs: number): Promise<boolean> {
    return holds(withinMs, () => this.devices.every(({ isSettled }) => isSettled))
  }

  get unsubscribed(): readonly number[] {
    return this.devices.flatMap(({ waiting }) => waiting.map(({ number }) => number))
  }

  async stopSending(): Promise<void> {
    await Promise.all(this.#senders.map((sender) => sender.stop()))
  }

  /** One message to each queue, and again where there is no OK. */
  async probe(withinMs: number): Promise<void> {
    await using sender = new Sender(this.#place, 'probe')
    const deadline = performance.now() + withinMs
    await Promise.all(
      this.queues.map(async (queue) => {
        while (!(await sender.send(queue, { isProbe: true })) && performance.now() < deadline)
          await delay(POLL_MS)
      }),
    )
  }

  /** Whether all that was accepted was delivered before the time is over, and all is quiet. */
  emptied(withinMs: number): Promise<boolean> {
    return holds(withinMs, () => this.history.isQuiet)
  }

  /** What is in the queues though nobody was given it. */
  async look(): Promise<void> {
    await using line = await Line.open(this.#place)
    await Promise.all(this.queues.map((queue) => this.#lookAt(queue, line)))
  }

  async #lookAt({ number, recipient, ...queue }: Queue, line: Line): Promise<void> {
    const { history } = this
    const { recipientId: entityId, key } = recipient
    const get = () => line.ask(number, { command: { tag: 'GET' }, entityId, key })
    for (;;) {
      const subscription = history.nextSubscription()
      const { number: connection } = line
      history.add({ type: 'subscribe', queue: number, subscription, connection, look: true })
      const reply: Reply | undefined = await get()
      if (reply?.tag === 'ERR')
        history.add({ type: 'not-subscribed', subscription, why: errorText(reply.error) })
      if (reply?.tag !== 'MSG') return
      const { messageId } = reply
      const message = nameOf({ number, recipient, ...queue }, reply)
      history.add({ type: 'delivered', subscription, message, messageId: idText(messageId) })
      await line.ask(number, { command: { tag: 'ACK', messageId }, entityId, key })
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort()
    await Promise.all([
      ...this.#senders.map((sender) => sender[Symbol.asyncDispose]()),
      ...this.devices.map(({ done }) => done),
    ])
  }
}

const createArchive = async (client: SmpClient, number: number): Promise<Queue> => {
  const queue = await createQueue(client, number)
  const { senderId } = queue.recipient
  const body = utf8Bytes(`${archivedIn(number)} ${'x'.repeat(LARGE_BYTES)}`)
  await client.openSender({ senderId, key: queue.senderKey }).send(body)
  return queue
}

const createOnce = async (pods: Pods) => {
  await using client = await openAnywhere({ living: pods.living, at: () => firstOf(pods) })
  const numbers = Array.from({ length: QUEUES }, (_, number) => number)
  const queues = await Promise.all(numbers.map((number) => createQueue(client, number)))
  const archives = await Promise.all(
    Array.from({ length: DEVICES }, (_, device) => createArchive(client, QUEUES + device)),
  )
  return { queues, archives }
}

/** Again where a pod found Redis away: a busy machine makes a primary look dead at any time. */
const createAll = async (pods: Pods): ReturnType<typeof createOnce> => {
  for (let attempt = 1; ; attempt += 1)
    try {
      return await createOnce(pods)
    } catch (error) {
      if (!(error instanceof ConnectionClosed) || attempt === ATTEMPTS) throw error
    }
}

const firstOf = ({ living: [first] }: Pods) => {
  if (first === undefined) throw new Error('there is no pod')
  return first
}

const holds = async (withinMs: number, isTrue: () => boolean): Promise<boolean> => {
  const deadline = performance.now() + withinMs
  while (!isTrue()) {
    if (performance.now() > deadline) return false
    await delay(POLL_MS)
  }
  return true
}
