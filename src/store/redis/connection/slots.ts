/** Which node of a Redis Cluster serves which slot (CLUSTER SLOTS). */
import type { RedisNode } from '../address.ts'
import { SLOTS, slotOf } from '../partitions.ts'

/** `host:port`, by which nodes are told apart. */
export type NodeName = string

export const nodeName = ({ host, port }: RedisNode): NodeName => `${host}:${port}`

/** What is between the first braces of a key decides its slot; without any, all of it. */
const hashTag = (key: string): string => {
  const open = key.indexOf('{')
  const close = open < 0 ? -1 : key.indexOf('}', open + 1)
  return close > open + 1 ? key.slice(open + 1, close) : key
}

export class SlotMap {
  #slots: (NodeName | undefined)[] = Array.from({ length: SLOTS })
  readonly #nodes = new Map<NodeName, RedisNode>()
  /** Of the few tags there are. */
  readonly #slotOfTag = new Map<string, number>()

  nodeOf(key: string): RedisNode | undefined {
    const name = this.#slots[this.#slotOf(key)]
    return name === undefined ? undefined : this.#nodes.get(name)
  }

  move(key: string, node: RedisNode): void {
    this.#slots[this.#slotOf(key)] = this.#name(node)
  }

  /** The nodes that serve something. */
  get nodes(): readonly RedisNode[] {
    const names = new Set(this.#slots)
    return [...this.#nodes].filter(([name]) => names.has(name)).map(([, node]) => node)
  }

  /**
   * Takes the answer of CLUSTER SLOTS, and tells whose slot has left a node that served it; `asked`
   * stands for a node that does not know its own address.
   */
  replace(answer: readonly unknown[], asked: RedisNode): (key: string) => boolean {
    const old = this.#slots
    const slots: typeof old = Array.from({ length: SLOTS })
    for (const range of answer) {
      const [first, last, primary] = Array.isArray(range) ? range : []
      const node = nodeFrom(primary, asked)
      if (typeof first === 'number' && typeof last === 'number' && node !== undefined)
        slots.fill(this.#name(node), first, last + 1)
    }
    this.#slots = slots
    return (key) => {
      const slot = this.#slotOf(key)
      return old[slot] !== undefined && old[slot] !== slots[slot]
    }
  }

  #name(node: RedisNode): NodeName {
    const name = nodeName(node)
    this.#nodes.set(name, node)
    return name
  }

  #slotOf(key: string): number {
    const tag = hashTag(key)
    const known = this.#slotOfTag.get(tag)
    if (known !== undefined) return known
    const slot = slotOf(tag)
    this.#slotOfTag.set(tag, slot)
    return slot
  }
}

const nodeFrom = (primary: unknown, asked: RedisNode): RedisNode | undefined => {
  const [host, port] = Array.isArray(primary) ? primary : []
  if (typeof port !== 'number') return undefined
  const name = Buffer.isBuffer(host) ? host.toString('latin1') : ''
  return { host: name === '' || name === '?' ? asked.host : name, port }
}
