/** The address of one queue, given to its sender out of band (SMP, "SMP queue URI"). */
import {
  isHost,
  parseServerAddress,
  printServerAddress,
  type ServerAddress,
} from '../protocol/address.ts'
import { ProtocolError } from '../protocol/bytes.ts'
import { idBytes, type SenderId, senderIdOf } from '../protocol/ids.ts'
import { type DhKey, decodeSpki, encodeSpki, isDhKey } from '../protocol/keys.ts'
import type { QueueMode } from '../protocol/reply.ts'
import { base64url, fromBase64url } from '../protocol/text.ts'
import type { VersionRange } from '../protocol/version.ts'
import { clientVersions } from './envelope.ts'

export interface QueueUri {
  /** Without a password. */
  readonly server: ServerAddress
  readonly senderId: SenderId
  /** The recipient's half of the secret that envelopes are sealed with. */
  readonly dhKey: DhKey
  /** Versions of the envelope layer; not those of SMP. */
  readonly clientVersions: VersionRange
  /** Absent: the sender cannot know, and secures nothing. */
  readonly mode?: QueueMode
}

const form = /^(smp:\/\/[^/]+)\/([A-Za-z0-9_-]+=*)\/?#\/?\?(.*)$/s

const versionsOf = (text: string): VersionRange => {
  const [, low, high = low] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text) ?? []
  const range = { min: Number(low), max: Number(high) }
  if (low === undefined || range.min > range.max)
    throw new ProtocolError('a queue address without a version range')
  return range
}

const keyOf = (text: string): DhKey => {
  const key = decodeSpki(fromBase64url(text))
  if (!isDhKey(key)) throw new ProtocolError('the key of a queue address is not X25519')
  return key
}

/** `k=s` of older clients says what `q=m` says now: the sender may secure the queue. */
const modeOf = (query: URLSearchParams): QueueMode | undefined => {
  const letter = query.get('q')
  if (letter === 'm' || (letter === null && query.get('k') === 's')) return 'messaging'
  return letter === 'c' ? 'contact' : undefined
}

/** Further hosts of a server stand in `srv`, where clients of version 1 do not stumble over them. */
const withHosts = (server: ServerAddress, more: string | null): ServerAddress => {
  if (!more) return server
  const added = more.split(',')
  if (!added.every(isHost)) throw new ProtocolError('a queue address with an invalid host')
  const [first, ...others] = server.hosts
  return { ...server, hosts: [first, ...others, ...added] }
}

/**
 * `smp://KEYHASH@HOST[:PORT]/SENDERID#/?v=1-4&dh=KEY[&q=m|c][&k=s]`; unknown parameters are ignored.
 * @throws ProtocolError
 */
export const parseQueueUri = (text: string): QueueUri => {
  const [, server, senderId, queryText] = form.exec(text) ?? []
  if (server === undefined || senderId === undefined || queryText === undefined)
    throw new ProtocolError('not a queue address: expected smp://SERVER/QUEUE#/?v=..&dh=..')
  const query = new URLSearchParams(queryText)
  const address = withHosts(parseServerAddress(server), query.get('srv'))
  if (address.password !== undefined)
    throw new ProtocolError('a queue address does not contain a password')
  const mode = modeOf(query)
  return {
    server: address,
    senderId: senderIdOf(fromBase64url(senderId)),
    dhKey: keyOf(query.get('dh') ?? ''),
    clientVersions: versionsOf(query.get('v') ?? ''),
    ...(mode !== undefined && { mode }),
  }
}

const modeQuery = { messaging: '&q=m&k=s', contact: '&q=c' } as const

/** As the reference prints it. */
export const printQueueUri = (uri: QueueUri): string => {
  const { keyHash, hosts, port } = uri.server
  const [first, ...others] = hosts
  const server = printServerAddress({
    keyHash,
    hosts: [first],
    ...(port !== undefined && { port }),
  })
  const { min, max } = uri.clientVersions
  const versions = min === max ? `${min}` : `${min}-${max}`
  const key = encodeURIComponent(base64url(encodeSpki(uri.dhKey)))
  const mode = uri.mode === undefined ? '' : modeQuery[uri.mode]
  const more = others.length === 0 ? '' : `&srv=${encodeURIComponent(others.join(','))}`
  return `${server}/${base64url(idBytes(uri.senderId))}#/?v=${versions}&dh=${key}${mode}${more}`
}

/** What a new queue's URI is made of. */
export const queueUriOf = (
  server: ServerAddress,
  queue: { readonly senderId: SenderId; readonly mode?: QueueMode },
  dhKey: DhKey,
): QueueUri => {
  const { senderId, mode } = queue
  const { password: _, ...withoutPassword } = server
  return {
    server: withoutPassword,
    senderId,
    dhKey,
    clientVersions,
    ...(mode !== undefined && { mode }),
  }
}
