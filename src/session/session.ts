/** One connection after its handshake: blocks in, commands, blocks out, and what others cause. */
import type { Context } from '../commands/spec.ts'
import type { Listener } from '../delivery/hub.ts'
import { Subscriptions } from '../delivery/subscriptions.ts'
import type { Bytes } from '../protocol/bytes.ts'
import type { RecipientId } from '../protocol/ids.ts'
import type { Slots } from '../slots.ts'
import type { StoreEvent } from '../store/store.ts'
import { Accounts } from './accounts.ts'
import { Admission } from './admission.ts'
import type { Authorized, Claimed, Faulty, Refused, SessionBinding } from './authorize.ts'
import type { BlockLayer } from './block-layer.ts'
import { apart, readClaims, weightOf } from './block-work.ts'
import { remoteSlots, windowsOf } from './bounds.ts'
import { type Group, groupOf, tracedIn } from './command-spans.ts'
import { Endings } from './endings.ts'
import { Executor } from './execute.ts'
import { ForwardedCommands } from './forwarded.ts'
import { bindingOf } from './handshake.ts'
import { errBlock, errBusy, Output } from './output.ts'
import { paced } from './pacing.ts'
import { Pushes } from './pushes.ts'
import type { SessionOptions } from './session-options.ts'
import { UnderWay } from './under-way.ts'
import type { Window } from './window.ts'

/** So long does a connection that is to be closed wait for what other relays work on. */
const LEAVING_PATIENCE_MS = 5_000

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
  readonly #accounts: Accounts
  readonly #windows: ReturnType<typeof windowsOf>
  readonly #remote: Slots
  /** Blocks in work, and commands that other relays work on. */
  readonly #own = new UnderWay<undefined>()
  readonly #others = new UnderWay<Claimed | Refused>()
  /** Commands of a block that was read wait to be under way. */
  #isBeginning = false
  #lastReceivedAt: number

  constructor(options: SessionOptions) {
    const { transport, agreed, connection, context, packer, pool, limits, measures, onFault } =
      options
    const { clientKey, blocks, service } = agreed
    this.#options = options
    this.#accounts = new Accounts(measures)
    this.#windows = windowsOf(measures)
    this.#blocks = blocks
    this.#binding = bindingOf(agreed)
    const { now, store, crypto } = context
    this.#remote = remoteSlots(context.policy)
    this.#lastReceivedAt = now()
    this.#output = new Output({ transport, blocks, session: agreed, packer, pool, now, measures })
    const hooks = {
      fetchHead: (id: RecipientId) => this.#pushes.want(id),
      released: () => endings.flush(),
    }
    this.#subscriptions = new Subscriptions(hooks, measures?.subscriptions, service)
    const endings = new Endings({
      output: this.#output,
      subscriptions: this.#subscriptions,
      measures,
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
      ...(limits && { limits }),
    }
    this.#admission = new Admission({ store, crypto, onFault })
    this.#executor = new Executor({ context: this.#context, onFault, measures })
    const forwarded = new ForwardedCommands({
      ...{ crypto, clientKey, limits, tracing: options.tracing },
      binding: this.#binding,
      admission: this.#admission,
      executor: this.#executor,
      accounts: this.#accounts,
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
    this.#subscriptions.close()
    this.#binding.secrets?.forget()
    const { store, connection } = this.#context
    try {
      await store.release(connection.id, this.#subscriptions.held)
    } catch (error) {
      this.#options.onFault(error, 'release')
    }
  }

  /** Returns when the next block may be read: its commands may still be under way. */
  async #accept(block: Bytes): Promise<void> {
    const startedAt = this.#accounts.received()
    this.#lastReceivedAt = this.#context.now()
    await this.#output.ready()
    const requests = readClaims(this.#blocks.open(block), this.#binding)
    this.#accounts.read(requests)
    if (requests === undefined) return this.#output.send([errBlock])
    this.#isBeginning = true
    await this.#begin({ requests, startedAt })
    this.#isBeginning = false
  }

  async #begin({ requests: read, startedAt }: Group): Promise<void> {
    const { limits } = this.#options
    const claims = limits?.isPacing ? await paced(limits, read) : read
    const requests = claims.filter((claim) => apart(claim) === undefined)
    if (requests.length > 0)
      await this.#beginOwn(
        this.#group(requests, startedAt),
        this.#windows.blocks,
        weightOf(requests),
      )
    for (const claim of claims) {
      const kind = apart(claim)
      if (kind === undefined) continue
      const group = this.#group([claim], startedAt)
      if (kind === 'own') await this.#beginOwn(group, this.#windows.forwarded, 1)
      else await this.#beginRemote(claim, group)
    }
  }

  #group(requests: Group['requests'], startedAt: number): Group {
    return groupOf({ requests, startedAt }, this.#options.tracing, this.#binding.version)
  }

  #authorize({ requests, spans }: Group): ReturnType<Admission['authorize']> {
    return tracedIn(spans, () => this.#admission.authorize(requests))
  }

  async #beginOwn(group: Group, window: Window, weight: number): Promise<void> {
    await window.enter(weight)
    this.#accounts.begun()
    const answering = this.#answer(group, await this.#authorize(group))
    this.#own.add(answering, undefined, () => {
      window.leave(weight)
      this.#accounts.ended()
    })
  }

  /** The end of the connection does not wait for another relay. */
  async #beginRemote(request: Claimed | Refused, group: Group): Promise<void> {
    if (!(await this.#remote.enter())) {
      this.#accounts.answered({ ...group, claims: [], answers: [{ reply: errBusy }] })
      return this.#output.send([{ ...request, reply: errBusy }])
    }
    const answering = this.#answer(group, await this.#authorize(group))
    this.#others.add(answering, request, () => this.#remote.leave())
  }

  async #answer(group: Group, claims: readonly (Authorized | Refused | Faulty)[]): Promise<void> {
    const { requests, spans } = group
    const answers = await tracedIn(spans, () => this.#executor.execute(claims, spans))
    try {
      this.#output.sendAnswers(requests, answers)
    } catch (error) {
      this.#options.onFault(error, 'answer')
    }
    this.#accounts.answered({ ...group, claims, answers })
    for (const answer of answers) answer?.sent?.()
    // a connection that carries the commands of many is not closed for one of them
    const isForwarded = requests.every((request) => apart(request) === 'own')
    if (answers.includes(undefined) && !isForwarded) this.close()
  }
}
