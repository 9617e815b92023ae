/** One connection after its handshake: blocks in, commands, blocks out, and what others cause. */
import type { Context } from '../commands/spec.ts'
import type { Listener } from '../delivery/hub.ts'
import { Subscriptions } from '../delivery/subscriptions.ts'
import { type BlockPacker, decodeBlock } from '../protocol/block.ts'
import { type Bytes, ProtocolError } from '../protocol/bytes.ts'
import type { Tag } from '../protocol/command.ts'
import { noEntity, type RecipientId } from '../protocol/ids.ts'
import { refusal } from '../protocol/reply.ts'
import { Slots } from '../slots.ts'
import type { StoreEvent } from '../store/store.ts'
import type { Transport } from '../transport/transport.ts'
import { Admission } from './admission.ts'
import {
  type Authorized,
  bindingOf,
  type Claimed,
  type Faulty,
  type Refused,
  readClaim,
  type SessionBinding,
} from './authorize.ts'
import type { BlockLayer } from './block-layer.ts'
import { Endings } from './endings.ts'
import { Executor } from './execute.ts'
import { ForwardedCommands } from './forwarded.ts'
import type { AgreedSession } from './handshake.ts'
import { eventOf, Output } from './output.ts'
import { Pushes } from './pushes.ts'
import { Window } from './window.ts'

/** Blocks in work are bounded by their possible answers: a message for each of these. */
const messageTags: ReadonlySet<Tag> = new Set<Tag>(['SUB', 'GET', 'ACK'])
const MESSAGE_WEIGHT = 16_384
const REPLY_WEIGHT = 128
const WINDOW_BYTES = 256 * 1024
/** Commands that another relay forwarded: those on one queue must not hold up all of its clients'. */
const FORWARDED_COMMANDS = 128
/** Commands that other relays work on, for each client (Server.hs, `client_concurrency`). */
const REMOTE_COMMANDS = 32
/** While none of them ends, the connection is not read for so long; then more are turned away. */
const REMOTE_PATIENCE_MS = 2_000

export interface SessionOptions {
  readonly transport: Transport
  readonly agreed: AgreedSession
  readonly connection: { readonly id: number; nextClaim(): number }
  readonly context: Omit<Context, 'connection' | 'runForwarded'>
  readonly packer: BlockPacker
  readonly notificationIntervalMs: number
  readonly onFault: (error: unknown, during: string) => void
}

const weightOf = (claims: readonly (Claimed | Refused)[]): number => {
  let weight = 0
  for (const claim of claims)
    weight +=
      'command' in claim && messageTags.has(claim.command.tag) ? MESSAGE_WEIGHT : REPLY_WEIGHT
  return weight
}

const apart = (claim: Claimed | Refused): 'own' | 'remote' | undefined =>
  'entry' in claim && claim.entry.party === undefined ? claim.entry.apart : undefined

const errBusy = refusal({ code: 'PROXY', proxy: { code: 'BROKER', error: { code: 'TIMEOUT' } } })
const errBlock = eventOf(noEntity, refusal({ code: 'BLOCK' }))

export class Session implements Listener {
  readonly #options: SessionOptions
  readonly #blocks: BlockLayer
  readonly #binding: SessionBinding
  readonly #context: Context
  readonly #admission: Admission
  readonly #executor: Executor
  readonly #output: Output
  readonly #subscriptions: Subscriptions
  readonly #pushes: Pushes
  readonly #window = new Window(WINDOW_BYTES)
  readonly #forwarded = new Window(FORWARDED_COMMANDS)
  readonly #remote: Slots
  /** Blocks in work. */
  readonly #answering = new Set<Promise<void>>()
  #lastReceivedAt: number

  constructor(options: SessionOptions) {
    const { transport, agreed, connection, context, onFault } = options
    const { clientKey, blocks, service } = agreed
    this.#options = options
    this.#blocks = blocks
    this.#binding = bindingOf(agreed)
    const { proxyClientConcurrency = REMOTE_COMMANDS } = context.policy
    this.#remote = new Slots(proxyClientConcurrency, REMOTE_PATIENCE_MS)
    this.#lastReceivedAt = context.now()
    const { now } = context
    this.#output = new Output({ transport, blocks, session: agreed, packer: options.packer, now })
    const hooks = {
      fetchHead: (id: RecipientId) => this.#pushes.want(id),
      released: () => endings.flush(),
    }
    this.#subscriptions = new Subscriptions(hooks, service?.service)
    const endings = new Endings({
      output: this.#output,
      subscriptions: this.#subscriptions,
      onOverflow: () => this.close(),
    })
    this.#pushes = new Pushes({
      ...options,
      output: this.#output,
      subscriptions: this.#subscriptions,
      endings,
    })
    this.#context = {
      ...context,
      connection: { ...connection, subscriptions: this.#subscriptions },
      runForwarded: (request) => forwarded.run(request),
    }
    const { store, crypto } = context
    this.#admission = new Admission({ store, crypto, onFault })
    this.#executor = new Executor({ context: this.#context, onFault })
    const forwarded = new ForwardedCommands({
      crypto,
      binding: this.#binding,
      clientKey,
      admission: this.#admission,
      executor: this.#executor,
    })
  }

  /** Milliseconds since the epoch of the last block in either direction. */
  get lastActiveAt(): number {
    return Math.max(this.#lastReceivedAt, this.#output.lastSentAt)
  }

  get hasSubscriptions(): boolean {
    return !this.#subscriptions.isEmpty
  }

  get connectionId(): number {
    return this.#context.connection.id
  }

  receive(event: StoreEvent): void {
    if (event.type === 'isolated') this.close()
    else this.#pushes.receive(event)
  }

  /** For connections that were silent for long: what one has not taken by now it will not take. */
  close(): void {
    const { transport } = this.#options
    if (transport.bufferedBytes > 0) transport.destroy()
    else transport.close()
  }

  /** Serves blocks until the connection ends. */
  async serve(): Promise<void> {
    const blocks = this.#options.transport.blocks[Symbol.asyncIterator]()
    while (await this.#acceptNext(blocks));
  }

  /** A function of its own: a waiting loop would keep the last block of an idle connection alive. */
  async #acceptNext(blocks: AsyncIterator<Bytes>): Promise<boolean> {
    const { value, done } = await blocks.next()
    if (done) return false
    await this.#accept(value)
    return true
  }

  /** Gives up what the store holds for the connection, once its last commands are through. */
  async finish(): Promise<void> {
    this.#pushes.stop()
    await Promise.all(this.#answering)
    const { store, connection } = this.#context
    try {
      await store.release(connection.id, this.#subscriptions.held)
    } catch (error) {
      this.#options.onFault(error, 'release')
    }
  }

  /** Returns when the next block may be read: its commands may still be under way. */
  async #accept(block: Bytes): Promise<void> {
    this.#lastReceivedAt = this.#context.now()
    await this.#output.ready()
    const claims = this.#read(block)
    if (claims === undefined) return this.#output.send([errBlock])
    const together = claims.filter((claim) => apart(claim) === undefined)
    if (together.length > 0) await this.#beginOwn(together, this.#window, weightOf(together))
    for (const claim of claims) {
      const kind = apart(claim)
      if (kind === 'own') await this.#beginOwn([claim], this.#forwarded, 1)
      if (kind === 'remote') await this.#beginRemote(claim)
    }
  }

  async #beginOwn(
    requests: readonly (Claimed | Refused)[],
    window: Window,
    weight: number,
  ): Promise<void> {
    await window.enter(weight)
    const answering = this.#answer(requests, await this.#admission.authorize(requests))
    this.#answering.add(answering)
    void answering.finally(() => {
      this.#answering.delete(answering)
      window.leave(weight)
    })
  }

  /** The end of the connection does not wait for another relay. */
  async #beginRemote(request: Claimed | Refused): Promise<void> {
    if (!(await this.#remote.enter())) return this.#output.send([{ ...request, reply: errBusy }])
    const answering = this.#answer([request], await this.#admission.authorize([request]))
    void answering.finally(() => this.#remote.leave())
  }

  /** Undefined when the block as a whole cannot be read. */
  #read(block: Bytes): readonly (Claimed | Refused)[] | undefined {
    const padded = this.#blocks.open(block)
    if (padded === undefined) return undefined
    try {
      return decodeBlock(padded).map((bytes) => readClaim(bytes, this.#binding))
    } catch (error) {
      if (error instanceof ProtocolError) return undefined
      throw error
    }
  }

  async #answer(
    requests: readonly (Claimed | Refused)[],
    claims: readonly (Authorized | Refused | Faulty)[],
  ): Promise<void> {
    const answers = await this.#executor.execute(claims)
    try {
      this.#output.sendAnswers(requests, answers)
    } catch (error) {
      this.#options.onFault(error, 'answer')
    }
    for (const answer of answers) answer?.sent?.()
    // a connection that carries the commands of many is not closed for one of them
    const isForwarded = requests.every((request) => apart(request) === 'own')
    if (answers.includes(undefined) && !isForwarded) this.close()
  }
}
