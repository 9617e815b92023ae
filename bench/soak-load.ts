/** Everything that clients do to a relay, good and bad, over and over, leaving nothing behind. */
import type { Request } from '../src/client/authorization.ts'
import type { BatchResult, SmpConnection } from '../src/client/connection.ts'
import type { SmpEvent } from '../src/client/event-buffer.ts'
import { connectTls } from '../src/client/tls-transport.ts'
import { nativeCrypto as crypto } from '../src/crypto/native.ts'
import type { PrivateKey } from '../src/crypto/provider.ts'
import { replyOf } from '../src/load/queues.ts'
import { parseServerAddress } from '../src/protocol/address.ts'
import { SEALED_BYTES } from '../src/protocol/block.ts'
import { type Bytes, concatBytes } from '../src/protocol/bytes.ts'
import type { Command } from '../src/protocol/command.ts'
import type { EntityId, MessageId, NotifierId, RecipientId, SenderId } from '../src/protocol/ids.ts'
import type { Reply, ReplyTag } from '../src/protocol/reply.ts'
import { RawSession } from './raw-session.ts'
import type { RelayUnderTest } from './relay-under-test.ts'

interface SoakQueue {
  readonly recipientId: RecipientId
  readonly senderId: SenderId
  readonly notifierId: NotifierId
  readonly recipientKey: PrivateKey
  readonly senderKey: PrivateKey
  readonly notifierKey: PrivateKey
}

const QUEUES = 32
const MESSAGES = 3
/** Two full blocks. */
const PINGS = 510
const CYCLES_PER_CONNECTION = 4
const EVENT_MS = 30_000

const smallBody = crypto.randomBytes(200)
const largeBody = crypto.randomBytes(16_000)

/** One lane: a recipient, a sender and a notifier, and now and then someone who breaks the rules. */
export class SoakLane {
  readonly #relays: readonly RelayUnderTest[]
  #connected = 0
  /** Commands written, by everyone of this lane. */
  commands = 0
  /** Answers that are not the ones that were due. */
  readonly surprises: string[] = []
  readonly #events: SmpEvent[] = []
  #eventCame: (() => void) | undefined
  #connections: SmpConnection[] = []

  /** Its connections go to each of the relays in turn. */
  constructor(relays: readonly RelayUnderTest[]) {
    this.#relays = relays
  }

  /** Connects, runs some cycles and leaves, the last time without a goodbye to its queues. */
  async run(): Promise<void> {
    const [recipient, sender, notifier] = await this.#connect()
    for (let cycle = 0; cycle < CYCLES_PER_CONNECTION; cycle++)
      await this.#cycle(recipient, sender, notifier)
    await this.#moveAway(recipient, sender)
    await this.#misbehave()
    await Promise.all(this.#connections.map((one) => one[Symbol.asyncDispose]()))
    this.#connections = []
    this.#events.length = 0
  }

  async #connect(): Promise<readonly [SmpConnection, SmpConnection, SmpConnection]> {
    const onEvent = (event: SmpEvent): void => {
      this.#events.push(event)
      this.#eventCame?.()
    }
    const open = async (): Promise<SmpConnection> => {
      const connection = await this.#nextRelay().connect({ onEvent })
      this.#connections.push(connection)
      return connection
    }
    return [await open(), await open(), await open()]
  }

  async #cycle(recipient: SmpConnection, sender: SmpConnection, notifier: SmpConnection) {
    const queues = await this.#create(recipient, sender)
    await this.#all(notifier, queues, 'SOK', (queue) => ({
      command: { tag: 'NSUB' },
      entityId: queue.notifierId,
      key: queue.notifierKey,
    }))
    for (let i = 0; i < MESSAGES; i++) await this.#sendAll(sender, queues, smallBody)
    await this.#receiveAll(recipient, queues)
    await this.#takeEvents('NMSG', queues.length * MESSAGES)
    await this.#ping(recipient)
    await this.#refusals(sender, queues)
    await this.#large(recipient, sender, queues.slice(0, 4))
    await this.#delete(recipient, queues)
    await this.#takeEvents('DELD', queues.length)
  }

  async #create(recipient: SmpConnection, sender: SmpConnection): Promise<readonly SoakQueue[]> {
    const made = Array.from({ length: QUEUES }, () => ({
      recipient: crypto.generateKeyPair('Ed25519'),
      sender: crypto.generateKeyPair('X25519'),
      notifier: crypto.generateKeyPair('Ed25519'),
    }))
    const { publicKey: dhKey } = crypto.generateKeyPair('X25519')
    const requests = made.map(
      (keys): Request<Command<'NEW'>> => ({
        command: {
          tag: 'NEW',
          authKey: keys.recipient.publicKey,
          dhKey,
          subscribe: true,
          request: { mode: 'messaging' },
          notifier: { authKey: keys.notifier.publicKey, dhKey },
        },
        key: keys.recipient.privateKey,
      }),
    )
    this.commands += requests.length
    const results = await recipient.requestBatch(requests)
    const queues = results.flatMap((result, i): SoakQueue[] => {
      const { recipientId, senderId, notifier } = replyOf(result)
      const keys = made[i]
      if (keys === undefined || notifier === undefined) return []
      return [
        {
          recipientId,
          senderId,
          notifierId: notifier.notifierId,
          recipientKey: keys.recipient.privateKey,
          senderKey: keys.sender.privateKey,
          notifierKey: keys.notifier.privateKey,
        },
      ]
    })
    const senderKeys = new Map(queues.map((queue, i) => [queue, made[i]?.sender.publicKey]))
    await this.#all(sender, queues, 'OK', (queue) => {
      const senderKey = senderKeys.get(queue)
      if (senderKey === undefined) throw new Error('no key')
      return { command: { tag: 'SKEY', senderKey }, entityId: queue.senderId, key: queue.senderKey }
    })
    return queues
  }

  #sendAll(sender: SmpConnection, queues: readonly SoakQueue[], body: Bytes): Promise<void> {
    return this.#all(sender, queues, 'OK', (queue) => ({
      command: { tag: 'SEND', notification: true, body },
      entityId: queue.senderId,
      key: queue.senderKey,
    }))
  }

  /** The first messages come as events, the others in the answers to ACK. */
  async #receiveAll(recipient: SmpConnection, queues: readonly SoakQueue[]): Promise<void> {
    const byId = new Map<EntityId, SoakQueue>(queues.map((queue) => [queue.recipientId, queue]))
    let waiting = (await this.#takeEvents('MSG', queues.length)).flatMap(({ entityId, reply }) => {
      const queue = byId.get(entityId)
      return queue && reply.tag === 'MSG' ? [{ queue, messageId: reply.messageId }] : []
    })
    while (waiting.length > 0) {
      const requests = waiting.map(({ queue, messageId }) => ackOf(queue, messageId))
      const results = await this.#batch(recipient, requests)
      waiting = results.flatMap((result, i) => {
        const reply = replyOf(result)
        const queue = waiting[i]?.queue
        return reply.tag === 'MSG' && queue ? [{ queue, messageId: reply.messageId }] : []
      })
    }
  }

  /** Full-size messages, one taken by GET from another connection, the rest left to DEL. */
  async #large(recipient: SmpConnection, sender: SmpConnection, queues: readonly SoakQueue[]) {
    for (const queue of queues) await this.#sendAll(sender, [queue], largeBody)
    await this.#takeEvents('MSG', queues.length)
    await this.#takeEvents('NMSG', queues.length)
    for (const queue of queues) {
      const { recipientId: entityId, recipientKey: key } = queue
      const [info, got] = await this.#batch(sender, [
        { command: { tag: 'QUE' }, entityId, key },
        { command: { tag: 'GET' }, entityId, key },
      ])
      this.#expect('INFO', info)
      this.#expect('MSG', got)
    }
    await this.#all(recipient, queues, 'OK', ({ recipientId: entityId, recipientKey: key }) => ({
      command: { tag: 'OFF' },
      entityId,
      key,
    }))
  }

  async #delete(recipient: SmpConnection, queues: readonly SoakQueue[]): Promise<void> {
    await this.#all(recipient, queues, 'OK', ({ recipientId: entityId, recipientKey: key }) => ({
      command: { tag: 'DEL' },
      entityId,
      key,
    }))
  }

  async #ping(connection: SmpConnection): Promise<void> {
    const pings = Array.from({ length: PINGS }, () => ({ command: { tag: 'PING' } as const }))
    for (const result of await this.#batch(connection, pings)) this.#expect('PONG', result)
  }

  /** Wrong keys, missing queues, credentials too many and too few, nothing to acknowledge. */
  async #refusals(connection: SmpConnection, queues: readonly SoakQueue[]): Promise<void> {
    const stranger = crypto.generateKeyPair('Ed25519').privateKey
    const missing = crypto.randomBytes(24)
    const missingId = String.fromCharCode(...missing)
    const send = { tag: 'SEND', notification: false, body: smallBody } as const
    const requests = queues.flatMap((queue): Request[] => [
      { command: send, entityId: queue.senderId },
      { command: send, entityId: queue.senderId, key: stranger },
      { command: { tag: 'SUB' }, entityId: missingId, key: stranger },
      { command: { tag: 'SUB' }, entityId: queue.recipientId },
      { command: { tag: 'PING' }, key: stranger },
      { command: { tag: 'LGET' }, entityId: missingId },
      {
        command: { tag: 'ACK', messageId: missingId as MessageId },
        entityId: queue.recipientId,
        key: queue.recipientKey,
      },
    ])
    this.commands += requests.length
    for (const result of await connection.requestBatch(requests))
      if (!('error' in result)) this.surprises.push(`${result.reply.tag} instead of a refusal`)
  }

  /** Another connection takes half of the queues over; all are left with messages, then deleted. */
  async #moveAway(recipient: SmpConnection, sender: SmpConnection): Promise<void> {
    const queues = await this.#create(recipient, sender)
    await this.#sendAll(sender, queues, smallBody)
    await this.#takeEvents('MSG', queues.length)
    const half = queues.slice(QUEUES / 2)
    await this.#all(sender, half, 'SOK', ({ recipientId: entityId, recipientKey: key }) => ({
      command: { tag: 'SUB' },
      entityId,
      key,
    }))
    await this.#takeEvents('END', half.length)
    await this.#takeEvents('MSG', half.length)
    const [heir] = await this.#connect()
    recipient.close()
    await recipient.closed
    await this.#delete(heir, queues)
    await this.#takeEvents('DELD', half.length)
  }

  /** Blocks that no client makes, half a handshake, and connections that say nothing. */
  async #misbehave(): Promise<void> {
    const { address } = this.#nextRelay()
    const { hosts, port = 0 } = parseServerAddress(address)
    const silent = await connectTls({ host: hosts[0], port, alpn: 'smp/1' })
    const rude = await connectTls({ host: hosts[0], port, alpn: 'smp/1' })
    rude.send(crypto.randomBytes(16_384))
    const session = await RawSession.open(address)
    const blocks = [
      crypto.randomBytes(SEALED_BYTES),
      concatBytes(Uint8Array.of(0, 4, 1, 0, 1, 0), new Uint8Array(SEALED_BYTES - 6)),
      new Uint8Array(SEALED_BYTES),
    ]
    for (const block of blocks) session.send(session.sealPadded(block))
    session.send(crypto.randomBytes(16_384))
    this.commands += blocks.length + 1
    for (let i = 0; i <= blocks.length; i++)
      for (const reply of session.open(await session.receive()))
        if (reply.tag !== 'ERR') this.surprises.push(`${reply.tag} to a bad block`)
    silent.close()
    rude.close()
    session.close()
  }

  #nextRelay(): RelayUnderTest {
    const relay = this.#relays[this.#connected++ % this.#relays.length]
    if (relay === undefined) throw new RangeError('no relays')
    return relay
  }

  #batch(connection: SmpConnection, requests: readonly Request[]) {
    this.commands += requests.length
    return connection.requestBatch(requests)
  }

  async #all(
    connection: SmpConnection,
    queues: readonly SoakQueue[],
    tag: ReplyTag,
    request: (queue: SoakQueue) => Request,
  ): Promise<void> {
    for (const result of await this.#batch(connection, queues.map(request)))
      this.#expect(tag, result)
  }

  #expect(tag: ReplyTag, result: BatchResult | undefined): void {
    if (result === undefined || 'error' in result)
      this.surprises.push(`${result?.error.message ?? 'nothing'} instead of ${tag}`)
    else if (result.reply.tag !== tag) this.surprises.push(`${result.reply.tag} instead of ${tag}`)
  }

  /** Takes so many events of a kind, in whatever order they come. */
  async #takeEvents(tag: Reply['tag'], count: number): Promise<readonly SmpEvent[]> {
    const taken: SmpEvent[] = []
    const end = performance.now() + EVENT_MS
    for (;;) {
      for (let i = 0; i < this.#events.length && taken.length < count; ) {
        const event = this.#events[i]
        if (event?.reply.tag !== tag) i++
        else taken.push(...this.#events.splice(i, 1))
      }
      if (taken.length === count) return taken
      const left = end - performance.now()
      if (left <= 0) throw new Error(`${taken.length} of ${count} ${tag}`)
      await this.#eventOrTimeout(left)
    }
  }

  async #eventOrTimeout(milliseconds: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, milliseconds)
    this.#eventCame = resolve
    await promise
    clearTimeout(timer)
  }
}

const ackOf = (queue: SoakQueue, messageId: MessageId): Request => ({
  command: { tag: 'ACK', messageId },
  entityId: queue.recipientId,
  key: queue.recipientKey,
})
