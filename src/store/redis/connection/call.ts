/** A call while its server changes: what it becomes when it was not run. */
import type { StoreMeasures } from '../../../measures/store-measures.ts'
import { StoreFull, StoreUnavailable } from '../../store-error.ts'
import type { Argument } from './command.ts'
import { NO_SCRIPT, type NotRun } from './errors.ts'
import type { CallOptions } from './server.ts'

/** Counts a call of the caller's, from its first attempt to its end; how it ends is not changed. */
export const measured = (
  call: Promise<unknown>,
  word: string,
  measures: StoreMeasures | undefined,
): Promise<unknown> => {
  if (measures === undefined) return call
  const { seconds, errors } = measures.calls.at(word)
  const startedAt = performance.now()
  const end = (): void => seconds.observe((performance.now() - startedAt) / 1000)
  return call.then(
    (answer) => {
      end()
      return answer
    },
    (error: unknown) => {
      end()
      errors.add(wordOf(error))
      throw error
    },
  )
}

const wordOf = (error: unknown): 'unavailable' | 'full' | 'refused' => {
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
