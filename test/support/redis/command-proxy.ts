/**
 * Stands between one pod and Redis, sees the commands, and counts round trips: answers are held
 * until everything that was sent is answered and the pod, which is in this process, has sent nothing
 * more for some turns. What it sends then depends on them.
 */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { turn } from '../clock.ts'
import { commandOf, Messages, wordsOf } from './resp.ts'
import { HOST } from './server.ts'

/** What was written to a socket of this process is read within so many turns. */
const QUIET_TURNS = 50

/** What a pod does besides answering: it empties mailboxes and looks after its subscriptions. */
const BACKGROUND: ReadonlySet<string> = new Set(['LPOP', 'SPUBLISH'])

/** The name and arguments. */
export type SeenCommand = readonly [name: string, ...args: string[]]
/** What was sent without an answer in between. */
export type Round = readonly SeenCommand[]

interface Wire {
  readonly incoming: Socket
  readonly outgoing: Socket
  readonly held: Buffer[]
  isSubscriber: boolean
  isMuted: boolean
  /** The beginning of an answer that the pod does not get. */
  swallowed: string | undefined
}

export class CommandProxy implements AsyncDisposable {
  readonly #server: Server
  readonly #targetPort: number
  readonly #wires = new Set<Wire>()
  #rounds: SeenCommand[][] = []
  #round: SeenCommand[] = []
  #unanswered = 0
  #isMeasuring = false
  #isMutingNew = false
  #isSettling = false
  /** Grows with all that passes. */
  #passed = 0

  private constructor(targetPort: number) {
    this.#targetPort = targetPort
    this.#server = createServer((incoming) => this.#accept(incoming))
  }

  static async start(targetPort: number): Promise<CommandProxy> {
    const proxy = new CommandProxy(targetPort)
    proxy.#server.listen(0, HOST)
    await once(proxy.#server, 'listening')
    return proxy
  }

  get url(): string {
    return `redis://${HOST}:${(this.#server.address() as AddressInfo).port}`
  }

  /** The round trips of what `run` does, each with its commands. */
  async measure(run: () => Promise<unknown>): Promise<readonly Round[]> {
    this.#rounds = []
    this.#round = []
    this.#isMeasuring = true
    try {
      await run()
    } finally {
      this.#release()
      this.#isMeasuring = false
    }
    return this.#rounds
  }

  /** From now on the pod hears nothing on the subscriptions that it has; nothing is closed. */
  muteSubscribers(): void {
    for (const wire of this.#subscribers()) wire.isMuted = true
  }

  /** From now on no subscription that the pod makes is confirmed. */
  muteNewSubscribers(): void {
    this.#isMutingNew = true
  }

  /** Connections that have asked for subscriptions. */
  get subscribers(): number {
    return this.#subscribers().length
  }

  /** Sends a command on the pod's subscriptions; an answer that begins like this is kept from it. */
  behindItsBack(words: readonly string[], swallowed: string): void {
    for (const wire of this.#subscribers()) {
      wire.swallowed = swallowed
      wire.outgoing.write(commandOf(...words))
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { incoming, outgoing } of this.#wires) {
      incoming.destroy()
      outgoing.destroy()
    }
    this.#server.close()
    await once(this.#server, 'close')
  }

  #subscribers(): readonly Wire[] {
    return [...this.#wires].filter(({ isSubscriber }) => isSubscriber)
  }

  #accept(incoming: Socket): void {
    const outgoing = connect(this.#targetPort, HOST)
    const held: Buffer[] = []
    const wire = {
      incoming,
      outgoing,
      held,
      isSubscriber: false,
      isMuted: false,
      swallowed: undefined,
    }
    this.#wires.add(wire)
    const close = () => {
      incoming.destroy()
      outgoing.destroy()
      this.#wires.delete(wire)
    }
    for (const socket of [incoming, outgoing]) {
      socket.setNoDelay(true)
      socket.on('error', close).on('close', close)
    }
    const commands = new Messages()
    const answers = new Messages()
    incoming.on('data', (bytes) => {
      outgoing.write(bytes)
      for (const message of commands.take(bytes)) this.#sent(wire, wordsOf(message))
    })
    outgoing.on('data', (bytes) => {
      for (const message of answers.take(bytes)) this.#answered(wire, message)
    })
  }

  #sent(wire: Wire, [name = '', ...args]: readonly string[]): void {
    this.#passed += 1
    const command: SeenCommand = [name.toUpperCase(), ...args]
    if (command[0] === 'SSUBSCRIBE') {
      if (!wire.isSubscriber) wire.isMuted = this.#isMutingNew
      wire.isSubscriber = true
    }
    if (wire.isSubscriber) return
    this.#unanswered += 1
    if (!BACKGROUND.has(command[0])) this.#round.push(command)
  }

  #answered(wire: Wire, message: Buffer): void {
    this.#passed += 1
    if (wire.isSubscriber) {
      this.#heard(wire, message)
      return
    }
    if (message[0] !== '>'.charCodeAt(0)) this.#unanswered -= 1
    if (!this.#isMeasuring) {
      wire.incoming.write(message)
      return
    }
    wire.held.push(message)
    if (!this.#isSettling) void this.#settle()
  }

  #heard(wire: Wire, message: Buffer): void {
    if (wire.isMuted) return
    const { swallowed } = wire
    if (swallowed !== undefined && message.toString('latin1').includes(swallowed)) {
      wire.swallowed = undefined
      return
    }
    wire.incoming.write(message)
  }

  async #settle(): Promise<void> {
    this.#isSettling = true
    let seen = -1
    for (let quiet = 0; quiet < QUIET_TURNS && this.#isMeasuring; quiet += 1) {
      if (seen !== this.#passed || this.#unanswered > 0) quiet = 0
      seen = this.#passed
      await turn()
    }
    this.#isSettling = false
    this.#release()
  }

  #release(): void {
    if (this.#round.length > 0) this.#rounds.push(this.#round)
    this.#round = []
    for (const { incoming, held } of this.#wires)
      for (const message of held.splice(0)) incoming.write(message)
  }
}
