/** A connection inside the process: the relay's end, and the far end that a test holds. */
import assert from 'node:assert/strict'
import type { Bytes } from '../../src/protocol/bytes.ts'
import type { Transport } from '../../src/transport/transport.ts'
import { turn } from './clock.ts'

export interface Binding {
  readonly sessionId: Bytes
  readonly alpn: string | undefined
  /** What the client showed in TLS; none if absent. */
  readonly chain?: readonly Bytes[]
}

/** A client's end of a connection, whatever carries it. */
export interface FarEnd {
  readonly binding: Binding
  send(block: Bytes): void
  /** The next block from the relay, if there is one. */
  take(): Bytes | undefined
  /** Resolves when more may have come. */
  arrival(): Promise<void>
  leave(): void
}

/** Blocks for one reader, who waits for the next one. */
class Inbox implements AsyncIterableIterator<Bytes> {
  readonly #blocks: Bytes[] = []
  #isEnded = false
  #wake: (() => void) | undefined

  get size(): number {
    return this.#blocks.length
  }

  push(block: Bytes): void {
    if (!this.#isEnded) this.#blocks.push(block)
    this.#wake?.()
  }

  end(): void {
    this.#isEnded = true
    this.#wake?.()
  }

  async next(): Promise<IteratorResult<Bytes, undefined>> {
    for (;;) {
      const block = this.#blocks.shift()
      if (block !== undefined) return { value: block, done: false }
      if (this.#isEnded) return { value: undefined, done: true }
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  [Symbol.asyncIterator](): this {
    return this
  }
}

/** What became of a connection: by whom it was ended, and whether what was queued went out. */
export type Fate = 'open' | 'closed by relay' | 'destroyed by relay' | 'left by client'

export class MemoryConnection implements FarEnd {
  readonly binding: Binding
  readonly #toRelay = new Inbox()
  readonly #toClient: Bytes[] = []
  /** Sent by the relay while the network takes nothing. */
  readonly #queued: Bytes[] = []
  readonly #drainWaiters: (() => void)[] = []
  #isStalled = false
  #isClosing = false
  #fate: Fate = 'open'

  constructor(binding: Binding) {
    this.binding = binding
  }

  get fate(): Fate {
    return this.#fate
  }

  /** Blocks that the relay has not read yet. */
  get unread(): number {
    return this.#toRelay.size
  }

  /** Bytes that the relay has queued and the network has not taken. */
  get queuedBytes(): number {
    return this.#queued.reduce((sum, block) => sum + block.length, 0)
  }

  /** The relay's end. */
  readonly transport = (): Transport => {
    const connection = this
    return {
      kind: 'smp',
      ...this.binding,
      clientChain: () => this.binding.chain ?? [],
      clientAddress: undefined,
      blocks: this.#toRelay,
      send: (block, taken) => {
        this.#deliver(block)
        taken?.()
      },
      get bufferedBytes() {
        return connection.queuedBytes
      },
      drained: () => this.#drained(),
      stopReading: () => this.#toRelay.end(),
      leave: async () => {
        this.#close()
        while (this.#fate === 'open') await this.#drained()
      },
      close: () => this.#close(),
      destroy: () => this.#end('destroyed by relay'),
    }
  }

  send(block: Bytes): void {
    this.#toRelay.push(block.slice())
  }

  take(): Bytes | undefined {
    return this.#toClient.shift()
  }

  /** Without a network everything has come after a turn. */
  readonly arrival = turn

  /** From now on the network takes nothing from the relay. */
  stall(): void {
    this.#isStalled = true
  }

  /** The network takes what was queued, and goes on. */
  resume(): void {
    this.#isStalled = false
    this.#toClient.push(...this.#queued.splice(0))
    this.#drain()
    if (this.#isClosing) this.#end('closed by relay')
  }

  /** The client is gone. */
  leave(): void {
    this.#end('left by client')
  }

  #deliver(block: Bytes): void {
    assert.equal(block.length, 16_384)
    if (this.#fate !== 'open' || this.#isClosing) return
    const target = this.#isStalled ? this.#queued : this.#toClient
    target.push(block.slice())
  }

  async #drained(): Promise<void> {
    if (this.#queued.length > 0)
      await new Promise<void>((resolve) => this.#drainWaiters.push(resolve))
  }

  #drain(): void {
    for (const wake of this.#drainWaiters.splice(0)) wake()
  }

  #close(): void {
    this.#isClosing = true
    if (this.#queued.length === 0) this.#end('closed by relay')
  }

  #end(fate: Fate): void {
    if (this.#fate === 'open') this.#fate = fate
    this.#queued.length = 0
    this.#drain()
    this.#toRelay.end()
  }
}
