/** Which queue is meant: an id, or any link to it. Only its id and server go to the relay. */
import { parseQueueUri } from '../../client/queue-uri.ts'
import { parseShortLink } from '../../client/short-link.ts'
import { nativeCrypto } from '../../crypto/native.ts'
import { contactLink } from '../../crypto/short-link.ts'
import type { Bytes } from '../../protocol/bytes.ts'
import { ProtocolError } from '../../protocol/bytes.ts'
import { idBytes } from '../../protocol/ids.ts'
import { bareBase64url, fromBase64url } from '../../protocol/text.ts'
import { Misuse } from '../command.ts'

/** As the admin API takes it. */
export interface QueueName {
  /** Of the sender or the link, base64url. */
  readonly id: string
  readonly server?: { readonly fingerprint?: string; readonly hosts: readonly string[] }
}

interface Place {
  readonly hosts: readonly string[]
  readonly keyHash?: Bytes
}

const LONGEST_ID = 255

const nameOf = (id: Bytes, { hosts, keyHash }: Place): QueueName => ({
  id: bareBase64url(id),
  server: { hosts, ...(keyHash && { fingerprint: bareBase64url(keyHash) }) },
})

const queueOf = (uri: string): QueueName => {
  const { senderId, server } = parseQueueUri(uri)
  return nameOf(idBytes(senderId), server)
}

/** The id of a contact's link follows from the secret in it, which stays here. */
const shortLinkOf = (text: string): QueueName => {
  const link = parseShortLink(text)
  const id =
    link.kind === 'invitation'
      ? idBytes(link.linkId)
      : contactLink(nativeCrypto, link.linkKey).linkId
  return nameOf(id, link.server)
}

const fullLink = /^(?:simplex:|https:\/\/[^/?#]+)\/(?:invitation|contact)\/?#\/?\?(.*)$/s

/** `simplex:/invitation#/?v=..&smp=..&e2e=..`: the queues stand in `smp`, comma separated. */
const fullLinkOf = (queryText: string): QueueName => {
  const queues = new URLSearchParams(queryText).get('smp')?.split(/,(?=smp:\/\/)/) ?? []
  const [first, ...others] = queues
  if (first === undefined) throw new ProtocolError('a link without a queue')
  if (others.length > 0) throw new ProtocolError('a link to several queues: give one smp:// of it')
  return queueOf(first)
}

const parse = (text: string): QueueName => {
  if (text.startsWith('smp://')) return queueOf(text)
  const query = fullLink.exec(text)?.[1]
  if (query !== undefined) return fullLinkOf(query)
  if (/^(?:simplex:|https:)/.test(text)) return shortLinkOf(text)
  const id = fromBase64url(text)
  if (id.length === 0 || id.length > LONGEST_ID) throw new ProtocolError('not an id')
  return { id: bareBase64url(id) }
}

/** @throws Misuse, which does not repeat the argument: links hold secrets */
export const queueArgument = (text: string): QueueName => {
  try {
    return parse(text)
  } catch (cause) {
    if (!(cause instanceof ProtocolError)) throw cause
    const problem = `neither the id of a sender or link, nor a link (in quotes): ${cause.message}`
    throw new Misuse(problem, { cause })
  }
}

/** Ids of the usual length may begin with `-`, and are no options. */
export const isPlainId = (argument: string): boolean => /^[\w-]{32}$/.test(argument)
