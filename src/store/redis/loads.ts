/**
 * How many connections each pod has, for pods that have far too many. A pod tells under its random
 * name, and adds a number that changes each time: clocks need not agree for the others to see who has
 * stopped telling.
 */
import { textOf } from './answer.ts'
import type { Pod } from './pod.ts'

/** Of the hash as a whole: with the last pod it goes too. */
const EXPIRY_SECONDS = 600
/** A pod that told nothing new for so many rounds is not counted, and later forgotten. */
const SILENT_ROUNDS = 3
const FORGOTTEN_ROUNDS = 30

interface Told {
  readonly text: string
  /** For so many rounds. */
  readonly age: number
}

export class Loads {
  readonly #pod: Pod
  #round = 0
  #told: ReadonlyMap<string, Told> = new Map()

  constructor(pod: Pod) {
    this.#pod = pod
  }

  /** What living pods told, this one included; undefined withdraws what it told. */
  async share(connections: number | undefined): Promise<readonly number[]> {
    const { keys, servers, pod } = this.#pod.options
    const key = keys.loads
    if (connections === undefined) {
      await servers.call(key, 'HDEL', [key, pod])
      return []
    }
    this.#round += 1
    await servers.call(key, 'HSET', [key, pod, `${connections} ${this.#round}`])
    const [all] = await Promise.all([
      servers.call(key, 'HGETALL', [key]),
      servers.call(key, 'EXPIRE', [key, EXPIRY_SECONDS]),
    ])
    const told = this.#read(all)
    this.#told = told
    await this.#forget([...told].filter(([, { age }]) => age > FORGOTTEN_ROUNDS))
    return [...told.values()].flatMap(({ text, age }) =>
      age < SILENT_ROUNDS ? [Number.parseInt(text, 10) || 0] : [],
    )
  }

  #read(answer: unknown): ReadonlyMap<string, Told> {
    // a list of names and values, or of pairs
    const list = Array.isArray(answer) ? answer.flat().map(textOf) : []
    const told = new Map<string, Told>()
    for (let at = 0; at + 1 < list.length; at += 2) {
      const [name = '', text = ''] = [list[at], list[at + 1]]
      const before = this.#told.get(name)
      told.set(name, { text, age: before?.text === text ? before.age + 1 : 0 })
    }
    return told
  }

  async #forget(gone: readonly (readonly [name: string, told: Told])[]): Promise<void> {
    const key = this.#pod.options.keys.loads
    if (gone.length > 0)
      await this.#pod.options.servers.call(key, 'HDEL', [key, ...gone.map(([name]) => name)])
  }
}
