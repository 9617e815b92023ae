/** Bytes to commands (SMP, "Commands"; forms by version as in protocol history). */
import { hostOf } from './address.ts'
import { type Bytes, copyBytes, latin1Text, ProtocolError } from './bytes.ts'
import type { Command, LinkContent, QueueRequest, RelayServer, Tag } from './command.ts'
import { linkIdOf, messageIdOf, senderIdOf } from './ids.ts'
import { readAuthKey, readDhKey } from './keys.ts'
import { Reader } from './reader.ts'
import { isPassword } from './text.ts'
import { hasNewNotifier, hasSenderMode, hasShortLinks, type Version } from './version.ts'

/** A tag that no command has. */
export class UnknownCommand extends ProtocolError {}

/** Reads the parameters after the tag; undefined stands for a command that has none. */
type ReadParameters = (reader: Reader, version: Version) => Command

const SPACE = 0x20
const PASSWORD_BEFORE_V9 = 0x41
const SUBSCRIBE = 0x53
const ONLY_CREATE = 0x43
const MESSAGING = 0x4d
const CONTACT = 0x43
const LONGEST_TAG = 5

const readPassword = (reader: Reader): string => {
  const password = latin1Text(reader.short())
  if (!isPassword(password)) throw new ProtocolError('not a password')
  return password
}

const eitherByte = (reader: Reader, yes: number, no: number): boolean => {
  const byte = reader.u8()
  if (byte !== yes && byte !== no) throw new ProtocolError('unexpected byte')
  return byte === yes
}

// copied: link data outlives the block it came in
const readLinkContent = (reader: Reader): LinkContent => ({
  fixed: copyBytes(reader.large()),
  user: copyBytes(reader.large()),
})

const readRequest = (reader: Reader): QueueRequest => {
  if (eitherByte(reader, MESSAGING, CONTACT)) {
    const link = reader.maybe((r) => ({ senderId: senderIdOf(r.short()), ...readLinkContent(r) }))
    return { mode: 'messaging', ...(link && { link }) }
  }
  const link = reader.maybe((r) => ({
    linkId: linkIdOf(r.short()),
    senderId: senderIdOf(r.short()),
    ...readLinkContent(r),
  }))
  return { mode: 'contact', ...(link && { link }) }
}

const readNewRequest = (reader: Reader, version: Version): QueueRequest | undefined => {
  if (hasShortLinks(version)) return reader.maybe(readRequest)
  if (!hasSenderMode(version)) return undefined
  return { mode: reader.bool() ? 'messaging' : 'contact' }
}

const readNewPassword = (reader: Reader, version: Version): string | undefined => {
  if (hasSenderMode(version)) return reader.maybe(readPassword)
  return reader.attempt((r) => {
    r.expect(PASSWORD_BEFORE_V9)
    return readPassword(r)
  })
}

const readNotifierKeys = (reader: Reader) => ({
  authKey: readAuthKey(reader),
  dhKey: readDhKey(reader),
})

const readNew: ReadParameters = (reader, version) => {
  const keys = { authKey: readAuthKey(reader), dhKey: readDhKey(reader) }
  const password = readNewPassword(reader, version)
  const subscribe = eitherByte(reader, SUBSCRIBE, ONLY_CREATE)
  const request = readNewRequest(reader, version)
  const notifier = hasNewNotifier(version) ? reader.maybe(readNotifierKeys) : undefined
  return {
    tag: 'NEW',
    ...keys,
    ...(password !== undefined && { password }),
    subscribe,
    ...(request && { request }),
    ...(notifier && { notifier }),
  }
}

const readSend: ReadParameters = (reader) => {
  const notification = reader.bool()
  // flags may grow in later versions: anything up to the space is ignored
  while (reader.u8() !== SPACE);
  return { tag: 'SEND', notification, body: reader.rest() }
}

const readServer = (reader: Reader): RelayServer => ({
  hosts: reader.nonEmptyList((r) => {
    const host = hostOf(latin1Text(r.short()))
    if (host === undefined) throw new ProtocolError('not a host')
    return host
  }),
  port: latin1Text(reader.short()),
  keyHash: reader.short(),
})

const readPrxy: ReadParameters = (reader) => {
  const server = readServer(reader)
  const password = reader.maybe(readPassword)
  return { tag: 'PRXY', server, ...(password !== undefined && { password }) }
}

const readPfwd: ReadParameters = (reader) => ({
  tag: 'PFWD',
  version: reader.u16(),
  key: readDhKey(reader),
  transmission: reader.rest(),
})

const parameters: { readonly [T in Tag]: ReadParameters | undefined } = {
  NEW: readNew,
  SUB: undefined,
  SUBS: undefined,
  KEY: (reader) => ({ tag: 'KEY', senderKey: readAuthKey(reader) }),
  RKEY: (reader) => ({ tag: 'RKEY', recipientKeys: reader.nonEmptyList(readAuthKey) }),
  LSET: (r) => ({ tag: 'LSET', linkId: linkIdOf(r.short()), ...readLinkContent(r) }),
  LDEL: undefined,
  NKEY: (reader) => ({ tag: 'NKEY', ...readNotifierKeys(reader) }),
  NDEL: undefined,
  GET: undefined,
  ACK: (reader) => ({ tag: 'ACK', messageId: messageIdOf(reader.short()) }),
  OFF: undefined,
  DEL: undefined,
  QUE: undefined,
  SKEY: (reader) => ({ tag: 'SKEY', senderKey: readAuthKey(reader) }),
  SEND: readSend,
  LKEY: (reader) => ({ tag: 'LKEY', senderKey: readAuthKey(reader) }),
  LGET: undefined,
  NSUB: undefined,
  NSUBS: undefined,
  PING: undefined,
  PRXY: readPrxy,
  PFWD: readPfwd,
  RFWD: (reader) => ({ tag: 'RFWD', transmission: reader.rest() }),
}

// a map, not the object: "constructor" is a valid wire word
const byTag: ReadonlyMap<string, { read: ReadParameters | undefined; bare: Command }> = new Map(
  Object.entries(parameters).map(([tag, read]) => [tag, { read, bare: { tag } as Command }]),
)

const tagOf = (bytes: Bytes): string => {
  const space = bytes.subarray(0, LONGEST_TAG + 1).indexOf(SPACE)
  return latin1Text(bytes.subarray(0, space === -1 ? LONGEST_TAG + 1 : space))
}

/**
 * The command in `bytes`, all of which must be used. The body of SEND and forwarded transmissions
 * are views of `bytes`.
 * @throws UnknownCommand for a tag that is not a client's, ProtocolError for bad parameters
 */
export const decodeCommand = (bytes: Bytes, version: Version): Command => {
  const tag = tagOf(bytes)
  const known = byTag.get(tag)
  if (known === undefined) throw new UnknownCommand('unknown command')
  if (known.read === undefined) {
    if (bytes.length !== tag.length) throw new ProtocolError('parameters where none belong')
    return known.bare
  }
  const reader = new Reader(bytes.subarray(tag.length))
  reader.expect(SPACE)
  const command = known.read(reader, version)
  reader.finish()
  return command
}
