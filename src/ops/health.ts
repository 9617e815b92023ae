/** Whether the relay can serve, part by part. Probes ask it: nothing here waits for anything. */

/** In the order in which a relay starts. */
const parts = ['identity', 'store', 'listeners'] as const

export type Part = (typeof parts)[number]

/** What keeps a part from serving, in a few words without addresses; undefined: nothing. */
export type Problem = () => string | undefined

const notYet: Problem = () => 'not ready yet'
const none: Problem = () => undefined

export class Health {
  #isDraining: () => boolean = () => false
  readonly #problems = new Map<Part, Problem>(parts.map((part) => [part, notYet]))

  /** The part is there from now on; `problem` is asked at every probe. */
  watch(part: Part, problem: Problem = none): void {
    this.#problems.set(part, problem)
  }

  /** Learns at every probe whether the relay serves whom it has, and nobody else is to come. */
  watchDraining(isDraining: () => boolean): void {
    this.#isDraining = isDraining
  }

  get isDraining(): boolean {
    return this.#isDraining()
  }

  /** Whether all parts were there once, whatever became of them. */
  get hasStarted(): boolean {
    return [...this.#problems.values()].every((problem) => problem !== notYet)
  }

  get isReady(): boolean {
    return !this.isDraining && parts.every((part) => this.problemOf(part) === undefined)
  }

  problemOf(part: Part): string | undefined {
    return this.#problems.get(part)?.()
  }

  /** Each part that is not ready and why, as long as the relay is to serve at all. */
  get problems(): Readonly<Record<string, string>> {
    const all = parts.map((part) => [part, this.problemOf(part)] as const)
    const problems = all.filter((one): one is [Part, string] => one[1] !== undefined)
    return Object.fromEntries<string>([
      ...problems,
      ...(this.isDraining ? [['draining', 'the relay is stopping'] as const] : []),
    ])
  }

  get parts(): readonly Part[] {
    return parts
  }
}
