/** Commands and replies as people read them: decoded values, and never more than a line. */
import { nativeCrypto as crypto } from '../crypto/native.ts'
import { type Bytes, latin1Bytes, latin1Text } from '../protocol/bytes.ts'
import { errorText } from '../protocol/error.ts'
import { type EntityId, idBytes, noEntity } from '../protocol/ids.ts'
import type { Reply } from '../protocol/reply.ts'
import { bareBase64url } from '../protocol/text.ts'
import type { CommandOrText } from './commands.ts'

const SHOWN = 48

/** Long ones by their beginning, length and hash, so that two that differ look different. */
export const bytesText = (bytes: Bytes): string => {
  const shown = JSON.stringify(latin1Text(bytes.subarray(0, SHOWN))).replace(
    /[\u007f-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
  if (bytes.length <= SHOWN) return shown
  const digest = bareBase64url(crypto.sha256(bytes)).slice(0, 6)
  return `${shown}… of ${bytes.length} bytes (${digest})`
}

/** A message with this body as it is heard; by default no notification was asked for. */
export const messageText = (body: string, flag: 'T' | 'F' = 'F'): string =>
  `MSG ${flag} ${bytesText(latin1Bytes(body))}`

export const reasonOf = (error: unknown): string =>
  error instanceof Error ? error.message : `${error}`

/** What ids are called in a check. */
export class Names {
  readonly #names = new Map<EntityId, string>()

  set(id: EntityId, name: string): void {
    this.#names.set(id, name)
  }

  of(id: EntityId): string {
    if (id === noEntity) return 'none'
    return this.#names.get(id) ?? `the id ${bareBase64url(idBytes(id)).slice(0, 8)}…`
  }
}

export const commandText = (command: CommandOrText, names: Names): string => {
  if (typeof command === 'string') return bytesText(latin1Bytes(command))
  switch (command.tag) {
    case 'SEND':
      return `SEND ${command.notification ? 'T' : 'F'} ${bytesText(command.body)}`
    case 'ACK':
      return `ACK ${names.of(command.messageId)}`
    case 'NEW': {
      const { request, subscribe, notifier } = command
      const kind = `${request?.mode ?? 'without mode'}${request?.link ? ' with a link' : ''}`
      return `NEW ${kind}${subscribe ? ', subscribed' : ''}${notifier ? ', with a notifier' : ''}`
    }
    case 'KEY':
    case 'SKEY':
    case 'LKEY':
      return `${command.tag} ${command.senderKey.algorithm}`
    case 'RKEY':
      return `RKEY of ${command.recipientKeys.length} keys`
    case 'LSET':
      return `LSET ${names.of(command.linkId)} ${bytesText(command.fixed)} ${bytesText(command.user)}`
    case 'PRXY':
      return `PRXY to port ${command.server.port || 'by default'}`
    case 'PFWD':
      return `PFWD in version ${command.version}`
    default:
      return command.tag
  }
}

const idsText = (reply: Reply<'IDS'>): string =>
  [
    `IDS${reply.mode === undefined ? '' : ` ${reply.mode}`}`,
    reply.linkId === undefined ? '' : ' with a link',
    reply.notifier === undefined ? '' : ' with a notifier',
    reply.serviceId === undefined ? '' : ' with a service',
  ].join('')

/** Of everything but the content of MSG, which only its queue can open. */
export const replyText = (reply: Reply, names: Names): string => {
  switch (reply.tag) {
    case 'ERR':
      return `ERR ${errorText(reply.error)}`
    case 'IDS':
      return idsText(reply)
    case 'SOK':
      return reply.serviceId === undefined ? 'SOK' : 'SOK with a service'
    case 'LNK':
      return `LNK ${names.of(reply.senderId)} ${bytesText(reply.fixed)} ${bytesText(reply.user)}`
    case 'MSG':
      return `MSG of ${reply.body.length} bytes`
    case 'PKEY':
      return `PKEY of versions ${reply.versions.min} to ${reply.versions.max}`
    case 'INFO':
      return `INFO ${reply.json}`
    case 'SOKS':
    case 'ENDS':
      return `${reply.tag} ${reply.count}`
    default:
      return reply.tag
  }
}
