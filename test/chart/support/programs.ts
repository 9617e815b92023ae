/** Programs of a test's own, on free ports of loopback. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'

export const freePort = async (): Promise<number> => {
  const server = createServer()
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

const PAUSE_MS = 100

/** The end of what a program wrote, for the message of a failure. */
const KEPT_CHARACTERS = 4000

export class Program implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #ended: Promise<unknown>
  #output = ''

  constructor(name: string, args: readonly string[]) {
    this.#child = spawn(name, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    // 'exit' or, where it cannot be started, 'error'
    this.#ended = once(this.#child, 'exit').catch((error: unknown) => {
      this.#output += `${error}: .ci/kube-tools makes it`
    })
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.on('data', (chunk: Buffer) => {
        this.#output = (this.#output + chunk).slice(-KEPT_CHARACTERS)
      })
  }

  /** Asks again until it is so; fails when the program ends. */
  async until(what: string, isSo: () => Promise<boolean>, limitMs = 120_000): Promise<void> {
    let hasEnded = false
    void this.#ended.then(() => {
      hasEnded = true
    })
    const deadline = Date.now() + limitMs
    let problem: unknown
    const isReady = () =>
      isSo().catch((error: unknown) => {
        problem = error
        return false
      })
    while (!(await isReady())) {
      if (hasEnded || Date.now() > deadline) throw new Error(`${what}: ${problem}\n${this.#output}`)
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGTERM')
    const hard = setTimeout(() => this.#child.kill('SIGKILL'), 10_000)
    await this.#ended
    clearTimeout(hard)
  }
}
