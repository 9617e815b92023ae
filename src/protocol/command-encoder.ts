/** Commands to bytes: the inverse of the decoder, for clients. */
import type { Bytes } from './bytes.ts'
import type { Command, QueueRequest } from './command.ts'
import { writeKey } from './keys.ts'
import { hasNewNotifier, hasSenderMode, hasShortLinks, type Version } from './version.ts'
import { Writer } from './writer.ts'

const writeRequest = (writer: Writer, request: QueueRequest): void => {
  writer.text(request.mode === 'messaging' ? 'M' : 'C').text(request.link === undefined ? '0' : '1')
  if (request.link === undefined) return
  if (request.mode === 'contact') writer.shortText(request.link.linkId)
  writer.shortText(request.link.senderId).large(request.link.fixed).large(request.link.user)
}

const writeNew = (writer: Writer, command: Command<'NEW'>, version: Version): void => {
  const { authKey, dhKey, password, subscribe, request, notifier } = command
  writeKey(writeKey(writer, authKey), dhKey)
  if (hasSenderMode(version)) writer.maybe(password, (w, text) => w.shortText(text))
  else if (password !== undefined) writer.text('A').shortText(password)
  writer.text(subscribe ? 'S' : 'C')
  if (hasShortLinks(version)) writer.maybe(request, writeRequest)
  else if (hasSenderMode(version)) writer.bool(request?.mode === 'messaging')
  if (hasNewNotifier(version))
    writer.maybe(notifier, (w, keys) => writeKey(writeKey(w, keys.authKey), keys.dhKey))
}

const writePrxy = (writer: Writer, { server, password }: Command<'PRXY'>): void => {
  writer
    .nonEmptyList(server.hosts, (w, host) => w.shortText(host))
    .shortText(server.port)
    .short(server.keyHash)
    .maybe(password, (w, text) => w.shortText(text))
}

const writeParameters = (writer: Writer, command: Command, version: Version): unknown => {
  switch (command.tag) {
    case 'NEW':
      return writeNew(writer, command, version)
    case 'KEY':
    case 'SKEY':
    case 'LKEY':
      return writeKey(writer, command.senderKey)
    case 'RKEY':
      return writer.nonEmptyList(command.recipientKeys, writeKey)
    case 'LSET':
      return writer.shortText(command.linkId).large(command.fixed).large(command.user)
    case 'NKEY':
      return writeKey(writeKey(writer, command.authKey), command.dhKey)
    case 'ACK':
      return writer.shortText(command.messageId)
    case 'SEND':
      return writer.bool(command.notification).text(' ').raw(command.body)
    case 'PRXY':
      return writePrxy(writer, command)
    case 'PFWD':
      return writeKey(writer.u16(command.version), command.key).raw(command.transmission)
    case 'RFWD':
      return writer.raw(command.transmission)
    default:
      return undefined
  }
}

/** `tag`, and a space and the parameters if there are any. */
export const encodeCommand = (command: Command, version: Version): Bytes => {
  const writer = new Writer(64)
  writer.text(command.tag).text(' ')
  const start = writer.length
  const written = writeParameters(writer, command, version)
  const bytes = writer.bytes()
  return written === undefined && writer.length === start ? bytes.subarray(0, start - 1) : bytes
}
