/** A call while its server changes: what it becomes when it was not run. */
import type { CallError, StoreMeasures } from '../../../measures/store-measures.ts'
import type { Tracing } from '../../../tracing/tracing.ts'
import { StoreFull, StoreUnavailable } from '../../store-error.ts'
import type { Argument } from './command.ts'
import { NO_SCRIPT, type NotRun } from './errors.ts'
import type { CallOptions } from './server.ts'

interface Watchers {
  readonly measures?: StoreMeasures | undefined
  readonly tracing?: Tracing | undefined
}

/**
 * Counts and traces a call of the caller's, from its first attempt to its end; how it ends is not
 * changed.
 */
export const watched = (
  call: Promise<unknown>,
  { name, options: { script } }: Pick<Call, 'name' | 'options'>,
  { measures, tracing }: Watchers,
): Promise<unknown> => {
  const word = script?.name ?? name
  const span = tracing?.part({ what: 'store call', name: word, isScript: script !== undefined })
  if (measures === undefined && span === undefined) return call
  const counts = measures?.calls.at(word)
  const startedAt = performance.now()
  const end = (outcome: string): void => {
    span?.end(outcome)
    counts?.seconds.observe((performance.now() - startedAt) / 1000, span?.traceId)
  }
  return call.then(
    (answer) => {
      end('ok')
      return answer
    },
    (error: unknown) => {
      const problem = wordOf(error)
      end(problem)
      counts?.errors.add(problem)
      throw error
    },
  )
}

const wordOf = (error: unknown): CallError => {
  if (error instanceof StoreUnavailable) return 'unavailable'
  return error instanceof StoreFull ? 'full' : 'refused'
}

export interface Call {
  readonly key: string
  readonly name: string
  readonly args: readonly Argument[]
  readonly options: CallOptions
}

export const needsTime = ({ message, redirect }: NotRun): boolean =>
  redirect === undefined && message !== NO_SCRIPT

/** The server then knows it for the next time. */
export const withText = (call: Call): Call => {
  const { args, options } = call
  return { ...call, name: 'EVAL', args: [options.script?.text ?? '', ...args.slice(1)] }
}
