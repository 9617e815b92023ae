/** The relay in its own process, as the bench sees it. */
import { type ConnectOptions, connectSmp } from '../src/client/connect.ts'
import type { SmpConnection } from '../src/client/connection.ts'
import { type CpuClock, type Measured, measureCpu } from './measured.ts'
import type { PartCosts } from './message-parts.ts'
import { Started, type StartOptions } from './processes/calls.ts'
import type { CpuUsage, MemoryUsage, Pauses, ProfileEntry } from './processes/own-usage.ts'
import type { RelayMethods } from './processes/relay-process.ts'

export class RelayUnderTest implements CpuClock, AsyncDisposable {
  readonly address: string
  readonly #process: Started<RelayMethods>

  private constructor(process: Started<RelayMethods>, address: string) {
    this.#process = process
    this.address = address
  }

  /** With settings beside the defaults, as environment variables. */
  static async start(
    env: Readonly<Record<string, string>> = {},
    options: StartOptions = {},
  ): Promise<RelayUnderTest> {
    const process = new Started<RelayMethods>('relay-process.ts', options)
    return new RelayUnderTest(process, await process.call('start', env))
  }

  connect(options: Omit<ConnectOptions, 'address'> = {}): Promise<SmpConnection> {
    return connectSmp({ responseMs: 60_000, ...options, address: this.address })
  }

  connectMany(
    count: number,
    options: Omit<ConnectOptions, 'address'> = {},
  ): Promise<SmpConnection[]> {
    return Promise.all(Array.from({ length: count }, () => this.connect(options)))
  }

  /** Of its process, since that started. */
  cpu(): Promise<CpuUsage> {
    return this.#process.call('cpu')
  }

  /** Runs `work` and says what it cost the relay. */
  measure<T>(work: () => Promise<T>): Promise<Measured<T>> {
    return measureCpu([this], work)
  }

  /** After garbage collection. */
  memory(): Promise<MemoryUsage> {
    return this.#process.call('memory')
  }

  /** File descriptors. */
  openFiles(): Promise<number> {
    return this.#process.call('openFiles')
  }

  /** Of its health and metrics. */
  opsPort(): Promise<number> {
    return this.#process.call('opsPort')
  }

  otherPorts(): Promise<ReturnType<RelayMethods['otherPorts']>> {
    return this.#process.call('otherPorts')
  }

  /** Connections and other resources that are open in its process. */
  open(): Promise<ReturnType<RelayMethods['open']>> {
    return this.#process.call('open')
  }

  parts(): Promise<PartCosts> {
    return this.#process.call('parts')
  }

  /** Runs `work` and says what kept the relay from answering meanwhile. */
  async pauses<T>(work: () => Promise<T>): Promise<{ readonly value: T; readonly pauses: Pauses }> {
    await this.#process.call('startPauses')
    const value = await work()
    return { value, pauses: await this.#process.call('stopPauses') }
  }

  async profile<T>(work: () => Promise<T>): Promise<[T, readonly ProfileEntry[]]> {
    await this.#process.call('startProfile')
    const value = await work()
    return [value, await this.#process.call('stopProfile')]
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process[Symbol.asyncDispose]()
  }
}

/** The relays that a load's connections go to: the same one, or two of a cluster. */
export interface RelayEnds {
  readonly senders: RelayUnderTest
  readonly recipients: RelayUnderTest
}
