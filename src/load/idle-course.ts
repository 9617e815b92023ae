/** Mode `idle`: connections that are made and then say nothing. */
import type { SmpConnection } from '../client/connection.ts'
import { type Course, pause, type Stage } from './stage.ts'
import { Tally } from './tally.ts'
import { closeAll } from './target.ts'

const AT_ONCE = 16

/** Connects, holds, and asks each connection in the end whether it is still there. */
export const idleCourse = ({ plan, target, signal }: Stage): Course => {
  const connections: SmpConnection[] = []
  const connect = async (tally: Tally | undefined): Promise<void> => {
    const startedAt = performance.now()
    try {
      connections.push(await target.connect())
      tally?.record(performance.now() - startedAt)
    } catch (error) {
      if (!signal.aborted) tally?.fail(error)
    }
  }
  const connectAll = async (endAt: number, tally: Tally | undefined): Promise<void> => {
    const start = performance.now()
    let next = 0
    const worker = async (): Promise<void> => {
      while (next < plan.connections && !signal.aborted) {
        const index = next++
        if (plan.rate !== undefined)
          await pause(start + (index * 1000) / plan.rate - performance.now(), signal)
        if (performance.now() > endAt) return
        await connect(tally)
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, worker))
  }
  const askAll = async (tally: Tally | undefined): Promise<void> => {
    const asked = connections.map((connection) => connection.request({ tag: 'PING' }))
    for (const result of await Promise.allSettled(asked))
      if (result.status === 'rejected') tally?.fail(`lost: ${textOf(result.reason)}`)
  }
  return {
    tallies: [new Tally('connections')],
    warmsUp: false,
    async run(milliseconds, [tally]) {
      const endAt = performance.now() + milliseconds
      await connectAll(endAt, tally)
      await pause(endAt - performance.now(), signal)
      await askAll(tally)
    },
    close: () => closeAll(connections),
  }
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : `${error}`)
