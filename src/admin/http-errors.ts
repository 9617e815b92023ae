/** What HTTP itself can be wrong with, as small JSON with a code. */
import type { Refusal } from './operation.ts'

const of = (status: number, code: string, message: string): Refusal => ({ status, code, message })

/** The same for every request without the token, whatever it asks. */
export const unauthorized = of(401, 'unauthorized', 'not authorized')
export const tooManyFailures = of(429, 'too_many_failures', 'too many wrong tokens: wait a moment')
export const noSuchPath = of(404, 'no_such_path', 'there is nothing here')
export const wrongMethod = of(405, 'wrong_method', 'this path has another method')
export const fault = of(500, 'internal', 'the relay made a mistake, which its log shows')
export const badRequest = of(400, 'bad_request', 'the request cannot be read')
export const storeUnavailable = of(
  503,
  'store_unavailable',
  'Redis does not answer: what was asked may have happened or not',
)
export const storeFull = of(503, 'store_full', 'Redis is full')
const timeout = of(408, 'timeout', 'the request took too long')

/** What fastify makes of a request before an operation gets it; undefined for anything else. */
const byStatus: ReadonlyMap<number, Refusal> = new Map(
  [
    badRequest,
    of(413, 'too_large', 'the body is too large'),
    of(415, 'unsupported_type', 'the body has to be application/json'),
  ].map((refusal) => [refusal.status, refusal]),
)

export const refusalOfRequest = (error: unknown): Refusal | undefined => {
  const isHttp = error instanceof Error && 'statusCode' in error
  if (!isHttp || typeof error.statusCode !== 'number' || error.statusCode >= 500) return undefined
  return byStatus.get(error.statusCode) ?? badRequest
}

export const bodyOf = ({ code, message }: Refusal) => ({ code, message })

/** For what never becomes a request. */
export const rawAnswer = ({ code }: NodeJS.ErrnoException): string => {
  const refusal = code === 'ERR_HTTP_REQUEST_TIMEOUT' ? timeout : badRequest
  const body = JSON.stringify(bodyOf(refusal))
  return [
    `HTTP/1.1 ${refusal.status} ${refusal.code}`,
    'connection: close',
    'content-type: application/json; charset=utf-8',
    `content-length: ${body.length}`,
    '',
    body,
  ].join('\r\n')
}
