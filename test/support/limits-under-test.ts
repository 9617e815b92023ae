/** Limits whose clock is moved by hand, or by whoever waits. */
import { nativeCrypto } from '../../src/crypto/native.ts'
import { Limits, type LimitsOptions } from '../../src/limits/limits.ts'
import { type LimitNumbers, noLimits } from '../../src/limits/numbers.ts'

export class LimitsUnderTest {
  readonly limits: Limits
  readonly warnings: string[] = []
  /** What commands waited for, ms each. */
  readonly waits: number[] = []
  readonly #numbers: Partial<LimitNumbers>
  messages = 0
  nowMs = 1_000_000

  constructor(numbers: Partial<LimitNumbers>, options: Partial<LimitsOptions> = {}) {
    const { keyedHash, randomBytes } = nativeCrypto
    this.#numbers = numbers
    this.limits = new Limits(
      { ...noLimits, ...numbers },
      {
        ...{ keyedHash, randomBytes },
        now: () => this.nowMs,
        delay: async (ms) => {
          this.waits.push(ms)
          this.nowMs += ms
        },
        count: async () => ({ messages: this.messages }),
        onFault: (error) => {
          throw error
        },
        warn: (message) => this.warnings.push(message),
        ...options,
      },
    )
  }

  /** What is not named stays as it was. */
  configure(numbers: Partial<LimitNumbers>): void {
    this.limits.configure({ ...noLimits, ...this.#numbers, ...numbers })
  }

  /** How many of so many connections in a row may be made; they stay open. */
  connects(address: string, count: number): number {
    let made = 0
    for (let i = 0; i < count; i++) if (this.limits.connect(address) !== undefined) made += 1
    return made
  }
}
