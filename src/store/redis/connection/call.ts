/** A call while its server changes: what it becomes when it was not run. */
import type { Argument } from './command.ts'
import { NO_SCRIPT, type NotRun } from './errors.ts'
import type { CallOptions } from './server.ts'

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
  return { ...call, name: 'EVAL', args: [options.script ?? '', ...args.slice(1)] }
}
