/** Calls from the bench to the processes that it starts, over Node's IPC channel. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

interface Call {
  readonly id: number
  readonly method: string
  readonly argument: unknown
}

interface Answer {
  readonly id: number
  readonly value?: unknown
  readonly problem?: string
}

export type Methods = Readonly<Record<string, (argument: never) => unknown>>

const problemOf = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : String(error)

/** In the started process: answers calls until the bench ends or leaves. */
export const answerCalls = (methods: Methods): void => {
  const table = new Map(Object.entries(methods))
  const answer = async ({ id, method, argument }: Call): Promise<Answer> => {
    try {
      const run = table.get(method)
      if (run === undefined) return { id, problem: `no method ${method}` }
      return { id, value: await run(argument as never) }
    } catch (error) {
      return { id, problem: problemOf(error) }
    }
  }
  process.on('message', (call) => {
    void answer(call as Call).then((one) => process.send?.(one))
  })
  process.once('disconnect', () => process.exit())
}

export interface StartOptions {
  /** Lines that the process writes to stderr; absent: they go where the bench's own do. */
  readonly onLine?: (line: string) => void
  readonly onExit?: () => void
}

/** A process started by the bench; `M` is what it answers. */
export class Started<M extends Methods> implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>()
  #lastId = 0

  /** `file` is relative to this folder. */
  constructor(file: string, { onLine, onExit }: StartOptions = {}) {
    const path = fileURLToPath(new URL(file, import.meta.url))
    const stderr = onLine === undefined ? 'inherit' : 'pipe'
    const stdio = ['inherit', 'inherit', stderr, 'ipc'] as const
    this.#child = fork(path, { execArgv: ['--expose-gc'], stdio: [...stdio] })
    if (onLine !== undefined && this.#child.stderr !== null)
      createInterface({ input: this.#child.stderr }).on('line', onLine)
    this.#child.on('message', (answer) => this.#settle(answer as Answer))
    this.#child.on('exit', () => {
      onExit?.()
      this.#fail(`${file} ended`)
    })
    this.#child.on('error', (error) => this.#fail(error.message))
  }

  call<K extends keyof M & string>(
    method: K,
    ...[argument]: Parameters<M[K]>
  ): Promise<Awaited<ReturnType<M[K]>>> {
    this.#lastId += 1
    const waiting = Promise.withResolvers<unknown>()
    this.#waiting.set(this.#lastId, waiting)
    this.#child.send({ id: this.#lastId, method, argument } satisfies Call)
    return waiting.promise as Promise<Awaited<ReturnType<M[K]>>>
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const ended = once(this.#child, 'exit')
    this.#child.disconnect()
    await ended
  }

  #settle({ id, value, problem }: Answer): void {
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    if (problem === undefined) waiting?.resolve(value)
    else waiting?.reject(new Error(problem))
  }

  #fail(problem: string): void {
    for (const waiting of this.#waiting.values()) waiting.reject(new Error(problem))
    this.#waiting.clear()
  }
}
