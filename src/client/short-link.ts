/** Short links as text (SMP, "Short links"). */
import { isHost } from '../protocol/address.ts'
import { type Bytes, ProtocolError } from '../protocol/bytes.ts'
import { idBytes, type LinkId, linkIdOf } from '../protocol/ids.ts'
import { bareBase64url, fromBase64url } from '../protocol/text.ts'

/** Where the link's queue is; an app's own servers may go without a key hash. */
export interface LinkServer {
  readonly hosts: readonly [string, ...string[]]
  readonly port?: number
  readonly keyHash?: Bytes
}

export type ContactKind = 'contact' | 'channel' | 'group' | 'relay'

export type ShortLink =
  | {
      readonly kind: 'invitation'
      readonly linkId: LinkId
      readonly linkKey: Bytes
      readonly server: LinkServer
    }
  | {
      readonly kind: 'contact'
      readonly contactKind: ContactKind
      readonly linkKey: Bytes
      readonly server: LinkServer
    }

const LINK_KEY_BYTES = 32
const contactLetters: readonly (readonly [ContactKind, string])[] = [
  ['contact', 'a'],
  ['channel', 'c'],
  ['group', 'g'],
  ['relay', 'r'],
]

const form =
  /^(?:simplex:|https:\/\/([^/?#]+))\/([iacgr])#(?:([A-Za-z0-9_=-]+)\/)?([A-Za-z0-9_=-]+)\/?(?:\?(.*))?$/s

const portOf = (text: string): number => {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 0xffff)
    throw new ProtocolError('a link with a wrong port')
  return Number(text)
}

const serverOf = (webHost: string | undefined, queryText: string): LinkServer => {
  const query = new URLSearchParams(queryText)
  const named = query.get('h')?.split(',') ?? []
  const [first, ...others] = webHost === undefined ? named : [webHost, ...named]
  if (first === undefined || ![first, ...others].every(isHost))
    throw new ProtocolError('a link without valid hosts')
  const [port, keyHash] = [query.get('p'), query.get('c')]
  return {
    hosts: [first, ...others],
    ...(port && { port: portOf(port) }),
    ...(keyHash && { keyHash: fromBase64url(keyHash) }),
  }
}

/**
 * `simplex:/i#LINKID/KEY?h=..&p=..&c=..`, `simplex:/a#KEY?..`, and both under `https://HOST`.
 * @throws ProtocolError
 */
export const parseShortLink = (text: string): ShortLink => {
  const [, webHost, letter = '', linkId, keyText = '', query = ''] = form.exec(text) ?? []
  const linkKey = fromBase64url(keyText)
  if (linkKey.length !== LINK_KEY_BYTES) throw new ProtocolError('not a short link')
  const server = serverOf(webHost, query)
  if (letter === 'i') {
    if (linkId === undefined) throw new ProtocolError('an invitation link without its id')
    return { kind: 'invitation', linkId: linkIdOf(fromBase64url(linkId)), linkKey, server }
  }
  const contactKind = contactLetters.find(([, one]) => one === letter)?.[0]
  if (contactKind === undefined || linkId !== undefined) throw new ProtocolError('not a short link')
  return { kind: 'contact', contactKind, linkKey, server }
}

const pathOf = (link: ShortLink): string => {
  const key = bareBase64url(link.linkKey)
  if (link.kind === 'invitation') return `i#${bareBase64url(idBytes(link.linkId))}/${key}`
  const letter = contactLetters.find(([kind]) => kind === link.contactKind)?.[1] ?? 'a'
  return `${letter}#${key}`
}

/** The `simplex:` form, with all of the server. */
export const printShortLink = (link: ShortLink): string => {
  const { hosts, port, keyHash } = link.server
  const parameters = [
    `h=${hosts.map(encodeURIComponent).join(',')}`,
    ...(port === undefined ? [] : [`p=${port}`]),
    ...(keyHash === undefined ? [] : [`c=${bareBase64url(keyHash)}`]),
  ]
  return `simplex:/${pathOf(link)}?${parameters.join('&')}`
}
