/** Why a server could not be used, in one line for people. */
import {
  ConnectionClosed,
  HandshakeError,
  RequestTimeout,
  SmpRefusal,
  UnexpectedReply,
  UnsupportedOperation,
} from '../client/errors.ts'
import { reasonOf } from '../config/problem.ts'
import { ChainError } from '../identity/chain.ts'
import { errorText } from '../protocol/error.ts'

export interface Contact {
  /** Host and port. */
  readonly where: string
  /** Of the identity that the server showed, where it came to that. */
  readonly fingerprint?: string | undefined
}

const NO_SUCH_HOST: ReadonlySet<unknown> = new Set(['ENOTFOUND', 'EAI_AGAIN', 'EAI_NODATA'])

/** What TCP, DNS or OpenSSL said. */
export const networkReason = (cause: unknown): string => {
  if (cause === undefined) return 'it ended the TLS handshake'
  // one error for each address of the host
  if (cause instanceof AggregateError) return networkReason(cause.errors[0])
  if (!(cause instanceof Error)) return reasonOf(cause)
  if ('code' in cause && NO_SUCH_HOST.has(cause.code)) return 'no such host'
  if ('reason' in cause) return `TLS failed, ${cause.reason}`
  return reasonOf(cause)
}

const handshakeFailure = (
  { reason, message, cause }: HandshakeError,
  { where, fingerprint }: Contact,
): string => {
  switch (reason) {
    case 'unreachable':
      return `${where} cannot be reached: ${networkReason(cause)}`
    case 'closed':
      return `${where} ended the connection during the SMP handshake: is it an SMP server?`
    case 'identity': {
      if (!(cause instanceof ChainError) || cause.problem !== 'other identity')
        return `${where} shows certificates that are not valid: ${reasonOf(cause)}`
      const shown = fingerprint === undefined ? 'another identity' : `the identity ${fingerprint}`
      return `${where} shows ${shown}, not the one in the address: ask its operator for the present address; somebody may be in between`
    }
    default:
      return `${where}: ${message}`
  }
}

/** What is no failure to talk to a server is a mistake of ours, and thrown. */
export const connectFailure = (error: unknown, contact: Contact): string => {
  const { where } = contact
  if (error instanceof HandshakeError) return handshakeFailure(error, contact)
  if (error instanceof SmpRefusal) return `${where} refused: ${errorText(error.error)}`
  if (error instanceof RequestTimeout) return `${where} does not answer`
  if (
    error instanceof ConnectionClosed ||
    error instanceof UnexpectedReply ||
    error instanceof UnsupportedOperation
  )
    return `${where}: ${reasonOf(error)}`
  throw error
}
