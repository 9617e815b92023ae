/** A way to Redis that ends after a number of writes: a pod that dies there, or is slow. */
import { once } from 'node:events'
import { type AddressInfo, connect as connectTcp, createServer, type Socket } from 'node:net'

const PONG = '+PONG\r\n'
const WRITES: ReadonlySet<string> = new Set(['EVALSHA', 'EVAL', 'SET', 'PERSIST', 'EXPIRE', 'DEL'])

/** The first command of what was sent: an array of strings. */
const firstCommand = (sent: Buffer): { name: string; length: number } | undefined => {
  const line = (from: number) => {
    const end = sent.indexOf('\r\n', from)
    return end < 0
      ? undefined
      : { value: Number(sent.toString('latin1', from + 1, end)), next: end + 2 }
  }
  const head = line(0)
  if (head === undefined) return undefined
  let { next } = head
  let name = ''
  for (let i = 0; i < head.value; i += 1) {
    const size = line(next)
    if (size === undefined || size.next + size.value + 2 > sent.length) return undefined
    if (i === 0) name = sent.toString('latin1', size.next, size.next + size.value).toUpperCase()
    next = size.next + size.value + 2
  }
  return { name, length: next }
}

interface Wire {
  /** Sends what may pass. */
  readonly send: () => void
  /** Gives the pod what Redis said meanwhile. */
  readonly tell: () => void
}

/** Lets so many writes through, and then nothing any more in either direction, until it is healed. */
export class CuttingProxy {
  #cut = Promise.withResolvers<void>()
  readonly #targetPort: number
  readonly #sockets = new Set<Socket>()
  readonly #wires: Wire[] = []
  readonly #server = createServer((incoming) => this.#accept(incoming))
  #left = Number.POSITIVE_INFINITY
  #isCut = false

  private constructor(targetPort: number) {
    this.#targetPort = targetPort
  }

  static async start(targetPort: number): Promise<CuttingProxy> {
    const proxy = new CuttingProxy(targetPort)
    proxy.#server.listen(0, '127.0.0.1')
    await once(proxy.#server, 'listening')
    return proxy
  }

  get url(): string {
    return `redis://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** Resolves when Redis has done what it was given, and gets no more. */
  get cut(): Promise<void> {
    return this.#cut.promise
  }

  /** So many more; what waited goes on, once the cut is done. */
  allow(writes: number): void {
    this.#left = writes
    if (!this.#isCut) return
    this.#isCut = false
    this.#cut = Promise.withResolvers()
    for (const { send, tell } of this.#wires) {
      tell()
      send()
    }
  }

  heal(): void {
    this.allow(Number.POSITIVE_INFINITY)
  }

  #accept(incoming: Socket): void {
    if (this.#isCut) return void incoming.destroy()
    const outgoing = connectTcp(this.#targetPort, '127.0.0.1')
    for (const [socket, other] of [
      [incoming, outgoing],
      [outgoing, incoming],
    ] as const) {
      this.#sockets.add(socket)
      socket.on('error', () => {}).on('close', () => other.destroy())
    }
    let sent = Buffer.alloc(0)
    const send = (): void => {
      for (let next = firstCommand(sent); next && !this.#isCut; next = firstCommand(sent)) {
        if (WRITES.has(next.name) && this.#isLast(outgoing)) return
        outgoing.write(sent.subarray(0, next.length))
        sent = sent.subarray(next.length)
      }
    }
    incoming.on('data', (more: Buffer) => {
      sent = Buffer.concat([sent, more])
      send()
    })
    let heard = ''
    const tell = (): void => {
      incoming.write(heard.replace(PONG, ''), 'latin1')
      heard = ''
    }
    outgoing.on('data', (answer: Buffer) => {
      if (!this.#isCut) return void incoming.write(answer)
      heard += answer.toString('latin1')
      if (heard.endsWith(PONG)) this.#cut.resolve()
    })
    this.#wires.push({ send, tell })
  }

  /** Whether nothing passes from this write on. */
  #isLast(outgoing: Socket): boolean {
    if (this.#left === 0) {
      this.#isCut = true
      outgoing.write('*1\r\n$4\r\nPING\r\n')
      return true
    }
    this.#left -= 1
    return false
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }
}
