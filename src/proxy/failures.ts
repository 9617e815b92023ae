/** What clients are told when another relay cannot be had or does not answer (Server.hs, smpProxyError). */
import {
  ConnectionClosed,
  HandshakeError,
  RequestTimeout,
  UnexpectedReply,
} from '../client/errors.ts'
import type { BrokerError, SmpError, TransportCode } from '../protocol/error.ts'
import { type Reply, refusal } from '../protocol/reply.ts'
import { UnknownReply } from '../protocol/reply-decoder.ts'

/** A destination that gives no session, with what its clients are to be told. */
export class RelayFailure extends Error {
  override readonly name = 'RelayFailure'
  readonly error: SmpError

  constructor(error: SmpError, options?: ErrorOptions) {
    super('no session with the other relay', options)
    this.error = error
  }
}

const broker = (error: BrokerError): SmpError => ({
  code: 'PROXY',
  proxy: { code: 'BROKER', error },
})
const transport = (code: TransportCode): SmpError => broker({ code: 'TRANSPORT', transport: code })

export const network = broker({ code: 'NETWORK' })
export const timeout = broker({ code: 'TIMEOUT' })
export const noHost = broker({ code: 'HOST' })
export const noVersion = transport('VERSION')
export const noKey = transport('NO_AUTH')
const tooLarge = transport('LARGE_MSG')
export const crypto: SmpError = { code: 'CRYPTO' }
export const internal: SmpError = { code: 'INTERNAL' }
export const response = (text: string): SmpError => broker({ code: 'RESPONSE', text })
export const errNoSession = refusal({ code: 'PROXY', proxy: { code: 'NO_SESSION' } })

/** Why there is no session; undefined for what is no failure of the other relay. */
export const openingFailure = (error: unknown): SmpError | undefined => {
  if (error instanceof RelayFailure) return error.error
  if (!(error instanceof HandshakeError)) return undefined
  switch (error.reason) {
    case 'unreachable':
    case 'timeout':
    case 'closed':
      return network
    case 'unreadable':
      return transport('HANDSHAKE PARSE')
    case 'session':
      return transport('SESSION')
    case 'version':
      return noVersion
    case 'identity':
    case 'service':
    case 'session-key':
      return transport('HANDSHAKE BAD_AUTH')
  }
}

const unexpected = ({ reply, cause }: UnexpectedReply): SmpError => {
  if (reply === undefined)
    return response(cause instanceof UnknownReply ? 'CMD UNKNOWN' : 'CMD SYNTAX')
  return reply.tag === 'RRES' ? response('CMD HAS_AUTH') : unexpectedReply(reply)
}

export const unexpectedReply = ({ tag }: Reply): SmpError =>
  broker({ code: 'UNEXPECTED', text: tag })

/** Why a command has no answer; undefined for what is no failure of the other relay. */
export const forwardingFailure = (error: unknown): SmpError | undefined => {
  // nobody knows whether it was executed, and clients try again
  if (error instanceof RequestTimeout || error instanceof ConnectionClosed) return timeout
  if (error instanceof UnexpectedReply) return unexpected(error)
  return error instanceof RangeError ? tooLarge : undefined
}
