/** A connection to the first host that gives one, and the round trips of PING over it. */
import type { SmpConnection } from '../client/connection.ts'
import { DEFAULT_PORT, type ServerAddress } from '../protocol/address.ts'
import { connectFailure } from './connect-failure.ts'
import { type Findings, probe } from './probe.ts'
import { hostAndPort } from './words.ts'

export interface Reached extends Findings {
  readonly host: string
  readonly port: number
}

export interface PingReport extends Partial<Reached> {
  readonly roundTripsMs: readonly number[]
  /** Why it failed; empty when every PING was answered. */
  readonly problems: readonly string[]
}

export interface PingOptions {
  readonly server: ServerAddress
  readonly count: number
  readonly timeoutMs: number
  readonly signal: AbortSignal
  readonly onReached: (reached: Reached) => void
  readonly onRoundTrip: (ms: number) => void
}

type Attempt = { readonly reached: Reached } & (
  | { readonly connection: SmpConnection }
  | { readonly problem: string }
)

const attempt = async (host: string, options: PingOptions): Promise<Attempt> => {
  const { server, timeoutMs, signal } = options
  const { keyHash, port = DEFAULT_PORT } = server
  const reached: Reached = { host, port }
  const timeout = AbortSignal.timeout(timeoutMs)
  const either = AbortSignal.any([signal, timeout])
  try {
    return { reached, connection: await probe({ host, port, keyHash, signal: either }, reached) }
  } catch (error) {
    signal.throwIfAborted()
    const where = hostAndPort(host, port)
    const problem = timeout.aborted
      ? `${where} gave no session within ${timeoutMs / 1000} s: check the host and the port`
      : connectFailure(error, { where, fingerprint: reached.certificate?.fingerprint })
    return { reached, problem }
  }
}

const measure = async (
  connection: SmpConnection,
  { count, timeoutMs, onRoundTrip }: PingOptions,
): Promise<readonly number[]> => {
  const times: number[] = []
  while (times.length < count) {
    const sentAt = performance.now()
    await connection.request({ tag: 'PING' }, { timeoutMs })
    const ms = performance.now() - sentAt
    times.push(ms)
    onRoundTrip(ms)
  }
  return times
}

const pingOver = async (
  connection: SmpConnection,
  reached: Reached,
  options: PingOptions,
): Promise<PingReport> => {
  const { signal } = options
  const close = (): void => connection.close()
  signal.addEventListener('abort', close, { once: true })
  options.onReached(reached)
  try {
    return { ...reached, roundTripsMs: await measure(connection, options), problems: [] }
  } catch (error) {
    signal.throwIfAborted()
    const problem = connectFailure(error, { where: hostAndPort(reached.host, reached.port) })
    return { ...reached, roundTripsMs: [], problems: [problem] }
  } finally {
    signal.removeEventListener('abort', close)
    connection.close()
  }
}

/**
 * Tries the hosts in turn, as clients do, and stays with the first that gives a session.
 * @throws the signal's reason when it is aborted, and nothing else
 */
export const pingServer = async (options: PingOptions): Promise<PingReport> => {
  const problems: string[] = []
  let last: Reached | undefined
  for (const host of options.server.hosts) {
    const tried = await attempt(host, options)
    if ('connection' in tried) return pingOver(tried.connection, tried.reached, options)
    problems.push(tried.problem)
    last = tried.reached
  }
  return { ...last, roundTripsMs: [], problems }
}
