/** Why a port cannot be listened on, and what to do. */
import { quote, reasonOf } from '../config/problem.ts'
import type { Settings } from '../config/settings.ts'
import { Failure } from './command.ts'

interface ListenError extends NodeJS.ErrnoException {
  readonly port?: number
}

const isSystemError = (error: unknown): error is ListenError =>
  error instanceof Error && 'code' in error && 'syscall' in error

export type Places = Partial<Pick<Settings, 'bind' | 'wsPorts' | 'wssPorts' | 'opsPort'>> & {
  /** The setting that `bind` comes from. */
  readonly bindVariable?: string
}

const variableOf = (port: number, { wsPorts, wssPorts, opsPort }: Places): string => {
  if (port > 0 && port === opsPort) return 'SLUICE_OPS_PORT'
  if (wsPorts?.includes(port)) return 'SLUICE_WS_PORT'
  return wssPorts?.includes(port) ? 'SLUICE_WSS_PORT' : 'SLUICE_PORT'
}

const explain = (error: ListenError, places: Places): string => {
  const { bind = '', bindVariable = 'SLUICE_BIND' } = places
  const port = `port ${error.port}`
  const variable = variableOf(error.port ?? 0, places)
  switch (error.code) {
    case 'EADDRINUSE':
      return `${port} is in use: stop what uses it, or set ${variable} to another`
    case 'EACCES':
      return `${port} is not open to this user: set ${variable} to 1024 or more, or grant CAP_NET_BIND_SERVICE`
    case 'EADDRNOTAVAIL':
    case 'EAFNOSUPPORT':
    case 'EAI_AGAIN':
    case 'ENOTFOUND':
      return `${bindVariable} ${quote(bind)} is not an address of this machine: correct or remove it`
    case 'ENOTSUP':
      return `${port} cannot be shared by processes of this system: set SLUICE_REUSE_PORT to off, or give 'sluice cluster' --own-ports`
    default:
      return `${error.port === undefined ? 'the relay' : port} cannot listen: ${reasonOf(error)}`
  }
}

/** What is no failure to listen comes back as it is. */
export const listenFailure = (error: unknown, places: Places): unknown =>
  isSystemError(error) ? new Failure(explain(error, places), { cause: error }) : error

/** Where health and metrics are listened for. */
export const opsPlaces = ({
  opsPort,
  opsBind,
  bind,
}: Pick<Settings, 'opsPort' | 'opsBind' | 'bind'>): Places => ({
  opsPort,
  ...(opsBind === undefined
    ? bind !== undefined && { bind }
    : { bind: opsBind, bindVariable: 'SLUICE_OPS_BIND' }),
})
