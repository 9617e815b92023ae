/** The relay's process, reached through sockets in all ways that there are. */
import type { MemoryUsage } from '../processes/own-usage.ts'
import { Control } from './control.ts'
import { Finding, type Found } from './finding.ts'
import { frameTarget } from './frames.ts'
import { helloTarget } from './hellos.ts'
import { httpTarget } from './http.ts'
import type { FuzzedRelay } from './relay.ts'
import { type Budget, Runner, replay } from './runner.ts'
import { sessionTarget } from './sessions.ts'
import { budgetsOf, type Side, type TargetTotals } from './side.ts'
import type { Target } from './target.ts'
import { tlsTarget } from './tls.ts'

interface Outer {
  readonly target: Target
  readonly share: number
  /** Inputs under way at a time: many where most of the time is waiting. */
  readonly lanes: number
}

const targetsOf = (relay: FuzzedRelay): readonly Outer[] => {
  const { place } = relay
  const tls = relay.overTls()
  return [
    { target: sessionTarget('sessions over TLS', tls), share: 0.4, lanes: 4 },
    {
      target: sessionTarget('sessions over WebSocket', relay.overWebSocket()),
      share: 0.2,
      lanes: 4,
    },
    { target: helloTarget('hellos over TLS', tls), share: 0.1, lanes: 16 },
    { target: tlsTarget(place), share: 0.1, lanes: 64 },
    { target: frameTarget(place), share: 0.1, lanes: 16 },
    { target: httpTarget(place), share: 0.1, lanes: 48 },
  ]
}

export class OuterSide implements Side {
  readonly name = 'the relay'
  readonly #relay: FuzzedRelay
  readonly #runners: readonly { readonly runner: Runner; readonly share: number }[]

  constructor(relay: FuzzedRelay, { seed, only }: { seed: number; only: string }) {
    this.#relay = relay
    const problem = (): string | undefined => relay.problems[0]
    this.#runners = targetsOf(relay)
      .filter(({ target }) => target.name.includes(only))
      .map(({ target, share, lanes }) => ({
        runner: new Runner(target, seed, { lanes, problem }),
        share,
      }))
  }

  get totals(): readonly TargetTotals[] {
    return this.#runners.map(({ runner }) => ({
      name: runner.target.name,
      ...runner.totals,
      kept: runner.kept,
    }))
  }

  /** All at once: some of them do little but wait for the relay to lose its patience. */
  async run({ cases, ms }: Budget): Promise<void> {
    const running = budgetsOf(this.#runners, { cases, ms }).map(([{ runner }, own]) =>
      runner.run({ ...own, ms }),
    )
    const outcomes = await Promise.allSettled(running)
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
  }

  async settle(): Promise<void> {
    const problem = (await this.#relay.settled(Control.connections)) ?? this.#relay.problems[0]
    if (problem !== undefined) throw new Finding(problem)
  }

  memory(): Promise<MemoryUsage> {
    return this.#relay.relay.memory()
  }
}

/** The same inputs again: what was wrong this time, or undefined. */
export const againOutside = async (
  relay: FuzzedRelay,
  found: Found,
): Promise<string | undefined> => {
  const outer = targetsOf(relay).find(({ target }) => target.name === found.target)
  if (outer === undefined) throw new Error(`there is no target ${found.target}`)
  return replay(outer.target, found, () => relay.problems[0])
}
