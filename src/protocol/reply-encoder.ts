/** Responses and events to bytes, in the form that a version reads. */
import type { Bytes } from './bytes.ts'
import { utf8Bytes } from './bytes.ts'
import { writeError } from './error.ts'
import { writeKey } from './keys.ts'
import type { Reply } from './reply.ts'
import {
  hasDeletedEvent,
  hasNewNotifier,
  hasSenderMode,
  hasServices,
  hasShortLinks,
  type Version,
  writeVersionRange,
} from './version.ts'
import { Writer } from './writer.ts'

const shortText = (writer: Writer, text: string): Writer => writer.shortText(text)

const writeIds = (writer: Writer, reply: Reply<'IDS'>, version: Version): Writer => {
  writeKey(writer.shortText(reply.recipientId).shortText(reply.senderId), reply.serverDhKey)
  if (!hasSenderMode(version)) return writer
  if (!hasShortLinks(version)) return writer.bool(reply.mode === 'messaging')
  writer.maybe(reply.mode, (w, mode) => w.text(mode === 'messaging' ? 'M' : 'C'))
  writer.maybe(reply.linkId, shortText)
  if (!hasServices(version)) return writer
  writer.maybe(reply.serviceId, shortText)
  if (!hasNewNotifier(version)) return writer
  return writer.maybe(reply.notifier, (w, { notifierId, serverDhKey }) =>
    writeKey(w.shortText(notifierId), serverDhKey),
  )
}

const writePkey = (writer: Writer, reply: Reply<'PKEY'>): Writer =>
  writeVersionRange(writer.short(reply.sessionId), reply.versions)
    .nonEmptyList(reply.chain, (w, certificate) => w.large(certificate))
    .large(reply.signedKey)

const writeFields = (writer: Writer, reply: Reply, version: Version): Writer => {
  switch (reply.tag) {
    case 'IDS':
      return writeIds(writer.text('IDS '), reply, version)
    case 'LNK':
      return writer.text('LNK ').shortText(reply.senderId).large(reply.fixed).large(reply.user)
    case 'SOK':
      return hasServices(version)
        ? writer.text('SOK ').maybe(reply.serviceId, shortText)
        : writer.text('OK')
    case 'SOKS':
    case 'ENDS':
      return writer.text(reply.tag).text(' ').i64(reply.count)
    case 'MSG':
      return writer.text('MSG ').shortText(reply.messageId).raw(reply.body)
    case 'NID':
      return writeKey(writer.text('NID ').shortText(reply.notifierId), reply.serverDhKey)
    case 'NMSG':
      return writer.text('NMSG ').raw(reply.nonce).short(reply.meta)
    case 'PKEY':
      return writePkey(writer.text('PKEY '), reply)
    case 'RRES':
    case 'PRES':
      return writer.text(reply.tag).text(' ').raw(reply.response)
    case 'DELD':
      return writer.text(hasDeletedEvent(version) ? 'DELD' : 'END')
    case 'INFO':
      return writer.text('INFO ').raw(utf8Bytes(reply.json))
    case 'ERR':
      return writeError(writer.text('ERR '), reply.error, version)
    default:
      return writer.text(reply.tag)
  }
}

/** Appends the reply: tag, and a space and its fields if there are any. */
export const writeReply = (writer: Writer, reply: Reply, version: Version): Writer =>
  writeFields(writer, reply, version)

export const encodeReply = (reply: Reply, version: Version): Bytes =>
  writeReply(new Writer(64), reply, version).bytes()
