/** Why a port cannot be listened on, and what to do. */
import { quote, reasonOf } from '../config/problem.ts'
import type { Settings } from '../config/settings.ts'
import { Failure } from './command.ts'

interface ListenError extends NodeJS.ErrnoException {
  readonly port?: number
}

const isSystemError = (error: unknown): error is ListenError =>
  error instanceof Error && 'code' in error && 'syscall' in error

const explain = (error: ListenError, bind: string | undefined): string => {
  const port = `port ${error.port}`
  switch (error.code) {
    case 'EADDRINUSE':
      return `${port} is in use: stop what uses it, or set SLUICE_PORT to another`
    case 'EACCES':
      return `${port} is not open to this user: set SLUICE_PORT to 1024 or more, or grant CAP_NET_BIND_SERVICE`
    case 'EADDRNOTAVAIL':
    case 'EAFNOSUPPORT':
    case 'EAI_AGAIN':
    case 'ENOTFOUND':
      return `SLUICE_BIND ${quote(bind ?? '')} is not an address of this machine: correct or remove it`
    case 'ENOTSUP':
      return `${port} cannot be shared by processes of this system: set SLUICE_REUSE_PORT to off, or give 'sluice cluster' --own-ports`
    default:
      return `${error.port === undefined ? 'the relay' : port} cannot listen: ${reasonOf(error)}`
  }
}

/** What is no failure to listen comes back as it is. */
export const listenFailure = (error: unknown, { bind }: Pick<Settings, 'bind'>): unknown =>
  isSystemError(error) ? new Failure(explain(error, bind), { cause: error }) : error
