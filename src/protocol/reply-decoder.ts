/** Bytes to responses and events, for clients. */
import { type Bytes, latin1Text, ProtocolError, utf8Text } from './bytes.ts'
import { readError } from './error.ts'
import {
  linkIdOf,
  messageIdOf,
  notifierIdOf,
  recipientIdOf,
  senderIdOf,
  serviceIdOf,
} from './ids.ts'
import { readDhKey } from './keys.ts'
import { Reader } from './reader.ts'
import { DELD, END, OK, PONG, type QueueMode, type Reply, type ReplyTag } from './reply.ts'
import {
  hasNewNotifier,
  hasSenderMode,
  hasServices,
  hasShortLinks,
  readVersionRange,
  type Version,
} from './version.ts'

/** A tag that no reply has. */
export class UnknownReply extends ProtocolError {}

type ReadFields = (reader: Reader, version: Version) => Reply

const SPACE = 0x20
const NONCE_BYTES = 24

const readMode = (reader: Reader): QueueMode => {
  const letter = latin1Text(reader.take(1))
  if (letter === 'M') return 'messaging'
  if (letter === 'C') return 'contact'
  throw new ProtocolError('unknown queue mode')
}

const readIds: ReadFields = (reader, version) => {
  const basic = {
    tag: 'IDS' as const,
    recipientId: recipientIdOf(reader.short()),
    senderId: senderIdOf(reader.short()),
    serverDhKey: readDhKey(reader),
  }
  if (!hasSenderMode(version)) return basic
  if (!hasShortLinks(version)) return { ...basic, mode: reader.bool() ? 'messaging' : 'contact' }
  const mode = reader.maybe(readMode)
  const linkId = reader.maybe((r) => linkIdOf(r.short()))
  const serviceId = hasServices(version) ? reader.maybe((r) => serviceIdOf(r.short())) : undefined
  const notifier = hasNewNotifier(version)
    ? reader.maybe((r) => ({ notifierId: notifierIdOf(r.short()), serverDhKey: readDhKey(r) }))
    : undefined
  return {
    ...basic,
    ...(mode !== undefined && { mode }),
    ...(linkId !== undefined && { linkId }),
    ...(serviceId !== undefined && { serviceId }),
    ...(notifier && { notifier }),
  }
}

const readSok: ReadFields = (reader) => {
  const serviceId = reader.maybe((r) => serviceIdOf(r.short()))
  return { tag: 'SOK', ...(serviceId !== undefined && { serviceId }) }
}

const readPkey: ReadFields = (reader) => ({
  tag: 'PKEY',
  sessionId: reader.short(),
  versions: readVersionRange(reader),
  chain: reader.nonEmptyList((r) => r.large()),
  signedKey: reader.large(),
})

/** The fields INFO must have; more are allowed (SMP, "Queue information"). */
const readInfo: ReadFields = (reader) => {
  const json = utf8Text(reader.rest())
  try {
    const info: unknown = JSON.parse(json)
    if (info && typeof info === 'object' && 'qiSnd' in info && 'qiNtf' in info && 'qiSize' in info)
      return { tag: 'INFO', json }
  } catch (cause) {
    throw new ProtocolError('INFO is not JSON', { cause })
  }
  throw new ProtocolError('INFO without its fields')
}

const fields: { readonly [T in ReplyTag]: ReadFields | Reply } = {
  IDS: readIds,
  LNK: (reader) => ({
    tag: 'LNK',
    senderId: senderIdOf(reader.short()),
    fixed: reader.large(),
    user: reader.large(),
  }),
  SOK: readSok,
  SOKS: (reader) => ({ tag: 'SOKS', count: reader.i64() }),
  MSG: (reader) => ({ tag: 'MSG', messageId: messageIdOf(reader.short()), body: reader.rest() }),
  NID: (reader) => ({
    tag: 'NID',
    notifierId: notifierIdOf(reader.short()),
    serverDhKey: readDhKey(reader),
  }),
  NMSG: (reader) => ({ tag: 'NMSG', nonce: reader.take(NONCE_BYTES), meta: reader.short() }),
  PKEY: readPkey,
  RRES: (reader) => ({ tag: 'RRES', response: reader.rest() }),
  PRES: (reader) => ({ tag: 'PRES', response: reader.rest() }),
  END,
  ENDS: (reader) => ({ tag: 'ENDS', count: reader.i64() }),
  DELD,
  INFO: readInfo,
  OK,
  ERR: (reader) => ({ tag: 'ERR', error: readError(reader) }),
  PONG,
}

const byTag: ReadonlyMap<string, ReadFields | Reply> = new Map(Object.entries(fields))

/**
 * The reply in `bytes`, all of which must be used; bodies are views of `bytes`.
 * @throws UnknownReply, ProtocolError for bad fields
 */
export const decodeReply = (bytes: Bytes, version: Version): Reply => {
  const space = bytes.subarray(0, 5).indexOf(SPACE)
  const tag = latin1Text(bytes.subarray(0, space === -1 ? 5 : space))
  const known = byTag.get(tag)
  if (known === undefined) throw new UnknownReply('unknown reply')
  if (typeof known !== 'function') {
    if (bytes.length !== tag.length) throw new ProtocolError('fields where none belong')
    return known
  }
  const reader = new Reader(bytes.subarray(tag.length))
  reader.expect(SPACE)
  const reply = known(reader, version)
  reader.finish()
  return reply
}
