/**
 * Whether the cluster holds as many messages as it may. The store's counts are asked for now and
 * then; what this pod accepted since is added, what others accepted meanwhile is not known.
 */

/** Of a stored message: every body has one size, and what is around it is little. */
export const MESSAGE_BYTES = 16_384

export interface StoredBytesOptions {
  /** Of the cluster; not a scan. */
  readonly count: () => Promise<{ readonly messages: number }>
  readonly onFault: (error: unknown, during: string) => void
}

export class StoredBytes {
  readonly #options: StoredBytesOptions
  #mostMessages: number
  #counted = 0
  #acceptedSince = 0

  constructor(limitBytes: number, options: StoredBytesOptions) {
    this.#options = options
    this.#mostMessages = mostMessages(limitBytes)
  }

  configure(limitBytes: number): void {
    this.#mostMessages = mostMessages(limitBytes)
  }

  get isFull(): boolean {
    return this.#counted + this.#acceptedSince >= this.#mostMessages
  }

  accepted(): void {
    this.#acceptedSince += 1
  }

  /** Without effect, and without cost, where there is no limit. */
  async refresh(): Promise<void> {
    if (this.#mostMessages === Number.POSITIVE_INFINITY) return
    const before = this.#acceptedSince
    try {
      const { messages } = await this.#options.count()
      this.#counted = messages
      this.#acceptedSince -= before
    } catch (error) {
      // what was known holds on
      this.#options.onFault(error, 'count')
    }
  }
}

const mostMessages = (limitBytes: number): number =>
  limitBytes === 0 ? Number.POSITIVE_INFINITY : Math.floor(limitBytes / MESSAGE_BYTES)
