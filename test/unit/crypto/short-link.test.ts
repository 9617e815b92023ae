import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { nativeCrypto } from '../../../src/crypto/native.ts'
import { nobleCrypto } from '../../../src/crypto/noble.ts'
import {
  contactLink,
  invitationLinkKey,
  linkKeyOf,
  senderIdOfCorrelation,
} from '../../../src/crypto/short-link.ts'
import { unpad } from '../../../src/protocol/padding.ts'
import { expectBytes, fromHex, loadVectors } from '../../support/vectors.ts'

const vectors = loadVectors<{
  senderIdFromCorrId: readonly { corrId: string; senderId: string }[]
  shortLinkKdf: readonly {
    linkKey: string
    contactLinkId: string
    contactKey: string
    invitationKey: string
  }[]
}>('crypto')

interface Link {
  readonly linkKey: string
  readonly linkId?: string
  readonly key: string
  readonly fixed: { readonly data: string; readonly signedData: string; readonly encrypted: string }
}

const links = loadVectors<{ invitation: Link; contact: Link }>('links')

for (const crypto of [nativeCrypto, nobleCrypto])
  describe(`short links with ${crypto.name}`, () => {
    it('derives link ids and keys', () => {
      for (const { linkKey, contactLinkId, contactKey, invitationKey } of vectors.shortLinkKdf) {
        const contact = contactLink(crypto, fromHex(linkKey))
        expectBytes(contact.linkId, contactLinkId)
        expectBytes(contact.key, contactKey)
        expectBytes(invitationLinkKey(crypto, fromHex(linkKey)), invitationKey)
      }
    })

    it('opens the fixed data of whole links', () => {
      for (const link of [links.invitation, links.contact]) {
        const linkKey = linkKeyOf(crypto, fromHex(link.fixed.data))
        expectBytes(linkKey, link.linkKey)
        const contact = contactLink(crypto, linkKey)
        if (link.linkId !== undefined) expectBytes(contact.linkId, link.linkId)
        const key = link.linkId === undefined ? invitationLinkKey(crypto, linkKey) : contact.key
        expectBytes(key, link.key)
        const stored = fromHex(link.fixed.encrypted)
        const opened = crypto.openBox(key, stored.subarray(0, 24), stored.subarray(24))
        expectBytes(unpad(opened ?? assert.fail()), link.fixed.signedData)
      }
    })

    it('derives sender ids', () => {
      for (const { corrId, senderId } of vectors.senderIdFromCorrId)
        expectBytes(senderIdOfCorrelation(crypto, fromHex(corrId)), senderId)
    })
  })
