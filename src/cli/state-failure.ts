/** Why files of the reference cannot be read or written, in one line. */
import { quote, reasonOf } from '../config/problem.ts'
import { StateProblem } from '../migrate/state-files.ts'
import { StoreFull, StoreUnavailable } from '../store/store-error.ts'
import { Failure } from './command.ts'
import { redisFailure } from './redis-failure.ts'

const isSystemError = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && 'syscall' in error

/** What is nobody's files and no store comes back as it is. */
export const stateFailure = (error: unknown): unknown => {
  if (error instanceof StateProblem) return new Failure(error.message, { cause: error })
  if (error instanceof StoreFull)
    return new Failure('Redis is full: give it more memory (maxmemory), then run this again', {
      cause: error,
    })
  if (error instanceof StoreUnavailable)
    return new Failure(`${reasonOf(error)}: run this again when Redis is there`, { cause: error })
  if (isSystemError(error) && error.path !== undefined)
    return new Failure(`${quote(error.path)}: ${reasonOf(error)}`, { cause: error })
  return redisFailure(error)
}
