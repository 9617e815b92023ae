/** Spans of commands that are answered together: one each, below that of the block if they are several. */
import type { Span, Subject, Tracing } from '../tracing/tracing.ts'
import type { Claimed, Refused } from './authorize.ts'

/** Commands of one block that are answered together. */
export interface Group {
  readonly requests: readonly (Claimed | Refused)[]
  /** As `performance.now` tells it. */
  readonly startedAt: number
  /** Where they are traced. */
  readonly spans?: CommandSpans | undefined
}

const commandOf = (request: Claimed | Refused, version: number): Subject => ({
  what: 'command',
  tag: 'command' in request ? request.command.tag : 'unreadable',
  version,
})

export class CommandSpans {
  readonly #whole: Span
  readonly #each: readonly Span[]

  private constructor(whole: Span, each: readonly Span[]) {
    this.#whole = whole
    this.#each = each
  }

  /** Undefined where they are not traced. */
  static begin(
    tracing: Tracing,
    { requests, startedAt }: Group,
    version: number,
  ): CommandSpans | undefined {
    const [first, ...others] = requests
    if (first === undefined) return undefined
    if (others.length === 0) {
      const only = tracing.begin(commandOf(first, version), startedAt)
      return only && new CommandSpans(only, [only])
    }
    const commands = requests.length
    const whole = tracing.begin({ what: 'block', commands, version }, startedAt)
    return (
      whole &&
      new CommandSpans(
        whole,
        requests.map((request) => whole.part(commandOf(request, version), startedAt)),
      )
    )
  }

  get traceId(): string {
    return this.#whole.traceId
  }

  /** Work for all of them. */
  run<T>(work: () => T): T {
    return this.#whole.run(work)
  }

  /** Work for one of them, by its place. */
  runOne<T>(index: number, work: () => T): T {
    return (this.#each[index] ?? this.#whole).run(work)
  }

  /** In the order of the commands. */
  end(outcomes: readonly string[]): void {
    this.#each.forEach((span, index) => {
      span.end(outcomes[index] ?? 'unanswered')
    })
    if (this.#each[0] !== this.#whole) this.#whole.end('done')
  }
}

/** `version`: in which they are answered. */
export const groupOf = (group: Group, tracing: Tracing | undefined, version: number): Group =>
  tracing === undefined ? group : { ...group, spans: CommandSpans.begin(tracing, group, version) }

/** Within the spans, where there are some. */
export const tracedIn = <T>(spans: CommandSpans | undefined, work: () => T): T =>
  spans === undefined ? work() : spans.run(work)
