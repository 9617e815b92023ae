import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  contactLinkId,
  encodeFixedData,
  type LinkKind,
  makeLink,
  openLink,
} from '../../src/client/link-data.ts'
import { parseShortLink, printShortLink } from '../../src/client/short-link.ts'
import { nativeCrypto as crypto } from '../../src/crypto/native.ts'
import { ProtocolError, utf8Bytes } from '../../src/protocol/bytes.ts'
import { idBytes } from '../../src/protocol/ids.ts'
import {
  expectBytes,
  fromHex,
  hex,
  loadVectors,
  type VectorBytes,
  type VectorKey,
} from '../support/vectors.ts'
import { keyPairOf } from './support/keys.ts'

interface Part {
  readonly nonce: string
  readonly data: string
  readonly encrypted: VectorBytes
}

interface Link {
  readonly linkKey: string
  readonly linkId?: string
  readonly linkIdInShortLink?: string
  readonly shortLink: string
  readonly fixed: Part
  readonly user: Part
  readonly updatedUser?: Part
}

const vectors = loadVectors<
  Readonly<Record<LinkKind, Link>> & { readonly keys: Readonly<Record<'linkRoot', VectorKey>> }
>('links')
const rootKey = keyPairOf(vectors.keys.linkRoot, 'Ed25519')

const made = (kind: LinkKind, user = vectors[kind].user) =>
  makeLink(crypto, kind, {
    rootKey,
    fixed: fromHex(vectors[kind].fixed.data),
    user: fromHex(user.data),
    nonces: { fixed: fromHex(vectors[kind].fixed.nonce), user: fromHex(user.nonce) },
  })

const kinds: readonly LinkKind[] = ['invitation', 'contact']

for (const kind of kinds)
  describe(`the data of an ${kind} link`, () => {
    const vector = vectors[kind]

    it('is that of the reference', () => {
      for (const user of [vector.user, vector.updatedUser]) {
        if (user === undefined) continue
        const link = made(kind, user)
        expectBytes(link.linkKey, vector.linkKey)
        expectBytes(link.data.fixed, vector.fixed.encrypted)
        expectBytes(link.data.user, user.encrypted)
        assert.equal(link.linkId && hex(idBytes(link.linkId)), vector.linkId)
      }
    })

    it('opens with the link', () => {
      const { user, ...fixed } = openLink(crypto, kind, made(kind))
      assert.deepEqual(fixed.agentVersions, { min: 2, max: 7 })
      assert.deepEqual(fixed.rootKey, rootKey.publicKey)
      expectBytes(encodeFixedData(fixed), vector.fixed.data)
      expectBytes(user, vector.user.data)
    })

    it('does not open when anything was changed', () => {
      const { linkKey, data } = made(kind)
      const other = makeLink(crypto, kind, {
        rootKey: crypto.generateKeyPair('Ed25519'),
        fixed: fromHex(vector.fixed.data),
        user: utf8Bytes('forged'),
      })
      const wrong = [
        { linkKey: crypto.randomBytes(32), data },
        { linkKey, data: { ...data, user: other.data.user } },
        { linkKey, data: { ...data, fixed: other.data.fixed } },
        { linkKey, data: { ...data, fixed: data.user } },
        {
          linkKey,
          data: { ...data, user: data.user.map((byte, i) => (i === 90 ? byte ^ 1 : byte)) },
        },
        { linkKey, data: { ...data, user: data.user.subarray(0, 23) } },
      ]
      for (const link of wrong) assert.throws(() => openLink(crypto, kind, link), ProtocolError)
    })

    it('has bounds', () => {
      const parts = { rootKey, fixed: new Uint8Array(1941), user: new Uint8Array(13_717) }
      const { data } = makeLink(crypto, kind, parts)
      assert.deepEqual([data.fixed.length, data.user.length], [2048, 13_824])
      const fixed = new Uint8Array(1942)
      assert.throws(() => makeLink(crypto, kind, { ...parts, fixed }), RangeError)
    })

    it('has a text as the reference prints it', () => {
      const link = parseShortLink(vector.shortLink)
      assert.equal(link.kind, kind)
      expectBytes(link.linkKey, vector.linkKey)
      const linkId = link.kind === 'invitation' ? link.linkId : contactLinkId(crypto, link.linkKey)
      assert.equal(hex(idBytes(linkId)), vector.linkIdInShortLink ?? vector.linkId)
      assert.deepEqual(link.server.hosts, ['smp.example.com'])
      assert.equal(link.server.port, 5223)
      assert.equal(printShortLink(link), vector.shortLink)
    })
  })

describe('short links', () => {
  const invitation = vectors.invitation.shortLink
  const contact = vectors.contact.shortLink

  it('may be web links, of other kinds, with more hosts and less detail', () => {
    const web = parseShortLink(contact.replace('simplex:', 'https://smp.example.org'))
    assert.deepEqual(web.server.hosts, ['smp.example.org', 'smp.example.com'])
    const bare = parseShortLink(
      contact.replace('simplex:', 'https://a.example').replace(/\?.*/, ''),
    )
    assert.deepEqual(bare.server, { hosts: ['a.example'] })
    for (const [letter, contactKind] of [
      ['c', 'channel'],
      ['g', 'group'],
      ['r', 'relay'],
    ] as const) {
      const text = contact.replace('/a#', `/${letter}#`)
      const link = parseShortLink(text)
      assert.ok(link.kind === 'contact' && link.contactKind === contactKind)
      assert.equal(printShortLink(link), text)
    }
    const many = contact.replace('smp.example.com', 'smp.example.com,abc.onion')
    assert.equal(printShortLink(parseShortLink(many)), many)
  })

  const wrong: readonly (readonly [string, string])[] = [
    ['nothing', ''],
    ['another scheme', contact.replace('simplex:', 'http://a.example')],
    ['another kind', contact.replace('/a#', '/x#')],
    ['an invitation without id', invitation.replace(/#[^/]*\//, '#')],
    ['a contact with id', contact.replace('#', '#tC0gyiJaT3-KqKlJPWxJi2pD5gARMXf1/')],
    ['a short key', contact.replace('#e0uC', '#')],
    ['no host', contact.replace('h=smp.example.com&', '')],
    ['a wrong host', contact.replace('h=smp.example.com', 'h=a%20b')],
    ['a wrong port', contact.replace('p=5223', 'p=65536')],
    ['a wrong key hash', contact.replace('&c=', '&c=*')],
  ]
  for (const [name, text] of wrong)
    it(`are refused: ${name}`, () => assert.throws(() => parseShortLink(text), ProtocolError))
})
