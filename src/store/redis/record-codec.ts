/** Queue records as bytes, before they are sealed. */

import type { Bytes } from '../../protocol/bytes.ts'
import { latin1Text, ProtocolError } from '../../protocol/bytes.ts'
import type { Blocking } from '../../protocol/error.ts'
import {
  linkIdOf,
  notifierIdOf,
  recipientIdOf,
  senderIdOf,
  serviceIdOf,
} from '../../protocol/ids.ts'
import { readAuthKey, writeKey } from '../../protocol/keys.ts'
import { Reader } from '../../protocol/reader.ts'
import { Writer } from '../../protocol/writer.ts'
import type { Notifier, QueueRecord, QueueStatus, Service } from '../store.ts'

/** What is sealed; the revision stands beside it for the scripts. */
export type RecordFields = Omit<QueueRecord, 'revision'>

const FORMAT = 1
/** What services have to do with the queue follows. */
const SERVICE_FORMAT = 2
const ACTIVE = 0x61
const SUSPENDED = 0x73
const BLOCKED = 0x62
const MESSAGING = 0x4d
const CONTACT = 0x43
const SECRET_BYTES = 32

const writeBlocking = (writer: Writer, { reason, notice }: Blocking): void => {
  writer
    .bool(reason === 'spam')
    .maybe(notice, (w, { ttlSeconds }) =>
      w.maybe(ttlSeconds, (inner, seconds) => inner.i64(seconds)),
    )
}

const readBlocking = (reader: Reader): Blocking => {
  const reason = reader.bool() ? 'spam' : 'content'
  const notice = reader.maybe((r) => {
    const ttlSeconds = r.maybe((inner) => inner.seconds())
    return ttlSeconds === undefined ? {} : { ttlSeconds }
  })
  return notice === undefined ? { reason } : { reason, notice }
}

const writeStatus = (writer: Writer, status: QueueStatus): void => {
  if (status.state === 'blocked') writeBlocking(writer.u8(BLOCKED), status.blocking)
  else writer.u8(status.state === 'active' ? ACTIVE : SUSPENDED)
}

const readStatus = (reader: Reader): QueueStatus => {
  const letter = reader.u8()
  if (letter === ACTIVE) return { state: 'active' }
  if (letter === SUSPENDED) return { state: 'suspended' }
  if (letter === BLOCKED) return { state: 'blocked', blocking: readBlocking(reader) }
  throw new ProtocolError('unknown queue status')
}

const readNotifier = (reader: Reader): Notifier => ({
  notifierId: notifierIdOf(reader.short()),
  authKey: readAuthKey(reader),
  dhSecret: reader.take(SECRET_BYTES),
})

export const writeService = (writer: Writer, { serviceId, name }: Service): Writer =>
  writer.shortText(serviceId).shortText(name)

export const readService = (reader: Reader): Service => ({
  serviceId: serviceIdOf(reader.short()),
  name: latin1Text(reader.short()),
})

const hasService = ({ serviceId, notifier }: RecordFields): boolean =>
  serviceId !== undefined || notifier?.service !== undefined

export const encodeRecord = (record: RecordFields): Bytes => {
  const format = hasService(record) ? SERVICE_FORMAT : FORMAT
  const writer = new Writer(256).u8(format)
  writer.shortText(record.recipientId).shortText(record.senderId)
  writer.nonEmptyList(record.recipientKeys, writeKey).raw(record.dhSecret)
  writer.maybe(record.senderKey, writeKey)
  writer.maybe(record.mode, (w, mode) => w.u8(mode === 'messaging' ? MESSAGING : CONTACT))
  writer.maybe(record.linkId, (w, id) => w.shortText(id))
  writer.maybe(record.notifier, (w, { notifierId, authKey, dhSecret }) =>
    writeKey(w.shortText(notifierId), authKey).raw(dhSecret),
  )
  writeStatus(writer, record.status)
  if (format === SERVICE_FORMAT)
    writer
      .maybe(record.serviceId, (w, id) => w.shortText(id))
      .maybe(record.notifier?.service, writeService)
  return writer.bytes()
}

/** @throws ProtocolError for bytes that no version of this codec wrote */
export const decodeRecord = (bytes: Bytes): RecordFields => {
  const reader = new Reader(bytes)
  const format = reader.u8()
  if (format !== FORMAT && format !== SERVICE_FORMAT)
    throw new ProtocolError('a record of another format')
  const recipientId = recipientIdOf(reader.short())
  const senderId = senderIdOf(reader.short())
  const recipientKeys = reader.nonEmptyList(readAuthKey)
  const dhSecret = reader.take(SECRET_BYTES)
  const senderKey = reader.maybe(readAuthKey)
  const mode = reader.maybe((r) => (r.u8() === MESSAGING ? 'messaging' : 'contact'))
  const linkId = reader.maybe((r) => linkIdOf(r.short()))
  const notifier = reader.maybe(readNotifier)
  const status = readStatus(reader)
  const isOfService = format === SERVICE_FORMAT
  const serviceId = isOfService ? reader.maybe((r) => serviceIdOf(r.short())) : undefined
  const service = isOfService ? reader.maybe(readService) : undefined
  reader.finish()
  return {
    recipientId,
    senderId,
    recipientKeys,
    dhSecret,
    status,
    ...(senderKey && { senderKey }),
    ...(mode && { mode }),
    ...(linkId !== undefined && { linkId }),
    ...(notifier && { notifier: service ? { ...notifier, service } : notifier }),
    ...(serviceId !== undefined && { serviceId }),
  }
}
