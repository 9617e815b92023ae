/** Why the store of a cluster does not open, in one line. */
import { reasonOf } from '../config/problem.ts'
import { ServerProblem } from '../store/redis/server-check.ts'
import { StoreUnavailable } from '../store/store-error.ts'
import { Failure } from './command.ts'

/** What is no failure of Redis comes back as it is. */
export const redisFailure = (error: unknown): unknown =>
  error instanceof ServerProblem || error instanceof StoreUnavailable
    ? new Failure(reasonOf(error), { cause: error })
    : error
