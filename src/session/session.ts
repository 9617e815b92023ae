/** One connection after its handshake: blocks in, commands, blocks out, and what others cause. */
import type { Context } from '../commands/spec.ts'
import type { Listener } from '../delivery/hub.ts'
import { Subscriptions } from '../delivery/subscriptions.ts'
import type { SessionLimits } from '../limits/session-limits.ts'
import type { BlockPacker } from '../protocol/block.ts'
import type { Bytes } from '../protocol/bytes.ts'
import { noEntity } from '../protocol/ids.ts'
import { refusal } from '../protocol/reply.ts'
import { authorizedPrefix } from '../protocol/transmission.ts'
import { Slots } from '../slots.ts'
import type { StoreEvent } from '../store/store.ts'
import type { Transport } from '../transport/transport.ts'
import { Admission } from './admission.ts'
import type { Authorized, Claimed, Faulty, Refused, SessionBinding } from './authorize.ts'
import type { BlockLayer } from './block-layer.ts'
import { apart, readClaims, weightOf } from './block-work.ts'
import { Endings } from './endings.ts'
import { Executor } from './execute.ts'
import { ForwardedCommands } from './forwarded.ts'
import type { AgreedSession } from './handshake.ts'
import { eventOf, Output } from './output.ts'
import { paced } from './pacing.ts'
import { Pushes } from './pushes.ts'
import { UnderWay } from './under-way.ts'
import { Window } from './window.ts'

const WINDOW_BYTES = 256 * 1024
/** Commands that another relay forwarded: those on one queue must not hold up all of its clients'. */
const FORWARDED_COMMANDS = 128
/** Commands that other relays work on, for each client (Server.hs, `client_concurrency`). */
const REMOTE_COMMANDS = 32
/** While none of them ends, the connection is not read for so long; then more are turned away. */
const REMOTE_PATIENCE_MS = 2_000
/** So long does a connection that is to be closed wait for what other relays work on. */
const LEAVING_PATIENCE_MS = 5_000

export interface SessionOptions {
  readonly transport: Transport
  readonly agreed: AgreedSession
  readonly connection: { readonly id: number; nextClaim(): number }
  readonly context: Omit<Context, 'connection' | 'runForwarded' | 'limits'>
  readonly packer: BlockPacker
  readonly notificationIntervalMs: number
  readonly onFault: (error: unknown, during: string) => void
  /** Absent: none. */
  readonly limits?: SessionLimits
}

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
  /** Blocks in work, and commands that other relays work on. */
  readonly #own = new UnderWay<undefined>()
  readonly #others = new UnderWay<Claimed | Refused>()
  /** Commands of a block that was read wait to be under way. */
  #isBeginning = false
  #lastReceivedAt: number

  constructor(options: SessionOptions) {
    const { transport, agreed, connection, context, onFault, limits } = options
    const { version, sessionId, sessionKey, clientKey, blocks } = agreed
    this.#options = options
    this.#blocks = blocks
    this.#binding = {
      version,
      sessionId,
      sessionKey,
      authorizedPrefix: authorizedPrefix(sessionId),
    }
    const { proxyClientConcurrency = REMOTE_COMMANDS } = context.policy
    this.#remote = new Slots(proxyClientConcurrency, REMOTE_PATIENCE_MS)
    this.#lastReceivedAt = context.now()
    const { now } = context
    this.#output = new Output({ transport, blocks, session: agreed, packer: options.packer, now })
    this.#subscriptions = new Subscriptions({
      fetchHead: (id) => this.#pushes.want(id),
      released: () => endings.flush(),
    })
    const endings = new Endings(this.#output, this.#subscriptions)
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
      ...(limits && { limits }),
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
      limits,
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

  /** Whether commands are under way. */
  get isBusy(): boolean {
    return this.#isBeginning || !this.#own.isEmpty || !this.#others.isEmpty
  }

  /** Takes no more blocks: `serve` returns when the commands of those that came have begun. */
  leave(): void {
    this.#options.transport.stopReading()
  }

  /** Resolves when all that has begun is answered, by other relays too, and nothing is pushed. */
  async settle(): Promise<void> {
    await this.#others.settled(LEAVING_PATIENCE_MS)
    await this.#own.settled()
    await this.#pushes.settle()
    this.#output.send(this.#others.subjects.map((request) => ({ ...request, reply: errBusy })))
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
    await this.#own.settled()
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
    const read = readClaims(this.#blocks.open(block), this.#binding)
    if (read === undefined) return this.#output.send([errBlock])
    this.#isBeginning = true
    await this.#begin(read)
    this.#isBeginning = false
  }

  async #begin(read: readonly (Claimed | Refused)[]): Promise<void> {
    const { limits } = this.#options
    const claims = limits?.isPacing ? await paced(limits, read) : read
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
    this.#own.add(answering, undefined, () => window.leave(weight))
  }

  /** The end of the connection does not wait for another relay. */
  async #beginRemote(request: Claimed | Refused): Promise<void> {
    if (!(await this.#remote.enter())) return this.#output.send([{ ...request, reply: errBusy }])
    const answering = this.#answer([request], await this.#admission.authorize([request]))
    this.#others.add(answering, request, () => this.#remote.leave())
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
