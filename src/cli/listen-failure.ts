/** Why a port cannot be listened on, and what to do. */
import { AdminListenError } from '../admin/admin-api.ts'
import { quote, reasonOf } from '../config/problem.ts'
import type { Settings } from '../config/settings.ts'
import { Failure } from './command.ts'

interface ListenError extends NodeJS.ErrnoException {
  readonly port?: number
}

const isSystemError = (error: unknown): error is ListenError =>
  error instanceof Error && 'code' in error && 'syscall' in error

type Places = Partial<Pick<Settings, 'bind' | 'wsPorts' | 'wssPorts' | 'adminBind'>>

/** The setting of a port, and the address that it was to be on. */
export interface Place {
  readonly variable: string
  readonly bind: string | undefined
  /** The setting of that address. */
  readonly bindVariable?: string
}

export const adminPlace = ({ adminBind: bind }: Pick<Places, 'adminBind'>): Place => ({
  variable: 'SLUICE_ADMIN_PORT',
  bind,
  bindVariable: 'SLUICE_ADMIN_BIND',
})

/** Where health and metrics are asked for. */
export const opsPlace = ({ opsBind, bind }: Pick<Settings, 'opsBind' | 'bind'>): Place => ({
  variable: 'SLUICE_OPS_PORT',
  bind: opsBind ?? bind,
  ...(opsBind !== undefined && { bindVariable: 'SLUICE_OPS_BIND' }),
})

const variableOf = (port: number, { wsPorts, wssPorts }: Places): string => {
  if (wsPorts?.includes(port)) return 'SLUICE_WS_PORT'
  return wssPorts?.includes(port) ? 'SLUICE_WSS_PORT' : 'SLUICE_PORT'
}

const explain = (error: ListenError, place: Place): string => {
  const { variable, bind = '' } = place
  const port = `port ${error.port}`
  switch (error.code) {
    case 'EADDRINUSE':
      return `${port} is in use: stop what uses it, or set ${variable} to another`
    case 'EACCES':
      return `${port} is not open to this user: set ${variable} to 1024 or more, or grant CAP_NET_BIND_SERVICE`
    case 'EADDRNOTAVAIL':
    case 'EAFNOSUPPORT':
    case 'EAI_AGAIN':
    case 'ENOTFOUND': {
      const { bindVariable = 'SLUICE_BIND' } = place
      return `${bindVariable} ${quote(bind)} is not an address of this machine: correct or remove it`
    }
    case 'ENOTSUP':
      return `${port} cannot be shared by processes of this system: set SLUICE_REUSE_PORT to off, or give 'sluice cluster' --own-ports`
    default:
      return `${error.port === undefined ? 'the relay' : port} cannot listen: ${reasonOf(error)}`
  }
}

/** What is no failure to listen comes back as it is. */
export const portFailure = (error: unknown, place: Place): unknown =>
  isSystemError(error) ? new Failure(explain(error, place), { cause: error }) : error

/** The same for whatever a relay listens on. */
export const listenFailure = (error: unknown, places: Places): unknown => {
  if (error instanceof AdminListenError) return portFailure(error.cause, adminPlace(places))
  const port = isSystemError(error) ? (error.port ?? 0) : 0
  return portFailure(error, { variable: variableOf(port, places), bind: places.bind })
}
