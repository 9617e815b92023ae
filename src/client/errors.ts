/** Every way in which the client fails, as types that a program can tell apart. */
import { errorText, type SmpError } from '../protocol/error.ts'
import type { Reply } from '../protocol/reply.ts'

/** The server answered `ERR`: `error` is the protocol's error, such as `{ code: 'AUTH' }`. */
export class SmpRefusal extends Error {
  override readonly name = 'SmpRefusal'
  readonly error: SmpError

  constructor(error: SmpError) {
    super(`the server refused: ${errorText(error)}`)
    this.error = error
  }
}

/**
 * The answer has another type or entity than the command allows, or does not parse
 * (`reply` is absent then, and `cause` says why).
 */
export class UnexpectedReply extends Error {
  override readonly name = 'UnexpectedReply'
  readonly reply?: Reply

  constructor(message: string, details: { readonly reply?: Reply; readonly cause?: unknown } = {}) {
    super(message, 'cause' in details ? { cause: details.cause } : undefined)
    if (details.reply !== undefined) this.reply = details.reply
  }
}

/** No answer within the response timeout; whether the command was executed is not known. */
export class RequestTimeout extends Error {
  override readonly name = 'RequestTimeout'
}

/**
 * - `local`: `close()` was called here
 * - `remote`: the peer ended the connection
 * - `network`: the socket failed (`cause`)
 * - `protocol`: the server sent what no server may send (`cause`)
 * - `overflow`: events came faster than the program took them, beyond the bound
 */
export type ClosedReason = 'local' | 'remote' | 'network' | 'protocol' | 'overflow'

/** The connection is gone; requests in flight may or may not have been executed. */
export class ConnectionClosed extends Error {
  override readonly name = 'ConnectionClosed'
  readonly reason: ClosedReason

  constructor(reason: ClosedReason, message: string, options?: ErrorOptions) {
    super(message, options)
    this.reason = reason
  }
}

/**
 * - `unreachable`: no TCP or TLS connection (`cause`)
 * - `timeout`: the server did not finish the handshake in time
 * - `closed`: the peer ended the connection during the handshake
 * - `unreadable`: the hello does not parse
 * - `session`: the hello names another TLS session than this one
 * - `version`: no common protocol version
 * - `identity`: the certificate chain is not the one that the address promises
 * - `service`: the server refuses the service; the message says with which error
 * - `session-key`: the server's session key is absent, not signed by its certificate, or unusable
 */
export type HandshakeReason =
  | 'unreachable'
  | 'timeout'
  | 'closed'
  | 'unreadable'
  | 'session'
  | 'version'
  | 'identity'
  | 'session-key'
  | 'service'

/** No session could be made with the server. */
export class HandshakeError extends Error {
  override readonly name = 'HandshakeError'
  readonly reason: HandshakeReason

  constructor(reason: HandshakeReason, message: string, options?: ErrorOptions) {
    super(message, options)
    this.reason = reason
  }
}

/** The session's version or the queue's kind has no way to do what was asked. */
export class UnsupportedOperation extends Error {
  override readonly name = 'UnsupportedOperation'
}

/**
 * - `taken over`: another connection subscribed (END)
 * - `deleted`: the queue or its notifier was deleted elsewhere (DELD; before v10 seen as END)
 * - `refused`: the server refused to renew the subscription (`cause`), or the operator blocked it
 */
export type EndReason = 'taken over' | 'deleted' | 'refused'

/** The queue delivers nothing more until it is subscribed again. */
export class SubscriptionEnded extends Error {
  override readonly name = 'SubscriptionEnded'
  readonly reason: EndReason

  constructor(reason: EndReason, cause?: Error) {
    super(`the subscription ended: ${reason}`, cause && { cause })
    this.reason = reason
  }
}
