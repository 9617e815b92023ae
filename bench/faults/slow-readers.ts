/** Clients that do not read for a while, and whether the relay got to its limit with them. */
import { setTimeout as delay } from 'node:timers/promises'
import type { Pod } from '../../test/support/pods.ts'
import { flood } from './flood.ts'
import type { RoundLoad } from './load.ts'
import type { PodState, Rig } from './rig.ts'

/** A page of metrics costs a pod some milliseconds. */
const POLL_MS = 100

interface Seen {
  readonly first: PodState | undefined
  /** The most connections at one time whose output is full. */
  full: number
  residentBytes: number
}

/** The pods' own word, as long as it takes. */
class Watch {
  readonly #rig: Rig
  readonly #seen = new Map<Pod, Seen>()

  constructor(rig: Rig) {
    this.#rig = rig
  }

  async during(pods: readonly Pod[], until: Promise<unknown>): Promise<void> {
    let isOver = false
    void until.then(() => {
      isOver = true
    })
    while (!isOver) {
      await Promise.all(pods.map((pod) => this.#look(pod)))
      await Promise.race([until, delay(POLL_MS)])
    }
  }

  async #look(pod: Pod): Promise<void> {
    const state = await this.#rig.stateOf(pod)
    if (state === undefined) return
    const seen = this.#seen.get(pod) ?? { first: state, full: 0, residentBytes: 0 }
    seen.full = Math.max(seen.full, state.full)
    seen.residentBytes = Math.max(seen.residentBytes, state.residentBytes)
    this.#seen.set(pod, seen)
  }

  fullOf(pod: Pod): number {
    return this.#seen.get(pod)?.full ?? 0
  }

  /** Of the pod that grew most. */
  get grownBytes(): number {
    const grown = [...this.#seen.values()].map(
      ({ first, residentBytes }) => residentBytes - (first?.residentBytes ?? residentBytes),
    )
    return Math.max(0, ...grown)
  }
}

export interface Slowness {
  readonly forMs: number
  readonly commands: number
}

/** Resolves when they have read all that they are owed, or have lost their connections. */
export const readSlowly = async (
  { rig, load }: { readonly rig: Rig; readonly load: RoundLoad },
  devices: readonly number[],
  { forMs, commands }: Slowness,
): Promise<void> => {
  const { history } = load
  const slow = devices.flatMap((device) => {
    const line = load.devices[device]?.line
    const archive = load.archives[device]
    return line === undefined || archive === undefined ? [] : [{ line, archive }]
  })
  const byPod = Map.groupBy(slow, ({ line }) => line.pod)
  const watch = new Watch(rig)
  const isOver = delay(forMs)
  for (const { line } of slow) line.holdReplies()
  const floods = slow.map(({ line, archive }) => flood(line, { history, archive, commands }))
  await watch.during([...byPod.keys()], isOver)
  const lost = slow.filter(({ line }) => line.isClosed).length
  const full = [...byPod].map(([pod, all]) => Math.min(all.length, watch.fullOf(pod)))
  for (const { line } of slow) line.releaseReplies()
  history.add({
    ...{ type: 'slow-readers', clients: slow.length, lost, grownBytes: watch.grownBytes },
    full: full.reduce((sum, count) => sum + count, 0),
  })
  await Promise.all(floods)
}
