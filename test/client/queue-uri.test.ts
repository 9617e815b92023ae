import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseQueueUri, printQueueUri, type QueueUri } from '../../src/client/queue-uri.ts'
import { ProtocolError } from '../../src/protocol/bytes.ts'
import { idBytes, senderIdOf } from '../../src/protocol/ids.ts'
import { loadVectors } from '../support/vectors.ts'

interface Vectors {
  readonly invitation: { readonly connectionRequest: string }
  readonly contact: { readonly connectionRequest: string }
}

/** The queue's URI in the query of a connection request. */
const queueUriIn = ({ connectionRequest }: { readonly connectionRequest: string }): string => {
  const query = new URLSearchParams(connectionRequest.slice(connectionRequest.indexOf('?')))
  return query.get('smp') ?? assert.fail('no queue')
}

const vectors = loadVectors<Vectors>('links')
const invitation = queueUriIn(vectors.invitation)
const contact = queueUriIn(vectors.contact)

const withQuery = (change: (query: string) => string): string => {
  const [head = '', query = ''] = invitation.split('?')
  return `${head}?${change(query)}`
}

describe('queue URIs', () => {
  for (const [name, text, mode] of [
    ['invitation', invitation, 'messaging'],
    ['contact address', contact, 'contact'],
  ] as const)
    it(`are read and printed as the reference does: ${name}`, () => {
      const uri = parseQueueUri(text)
      assert.equal(uri.mode, mode)
      assert.deepEqual(uri.server.hosts, ['smp.example.com'])
      assert.equal(uri.server.port, 5223)
      assert.deepEqual(uri.clientVersions, { min: 1, max: 4 })
      assert.equal(idBytes(uri.senderId).length, 24)
      assert.equal(printQueueUri(uri), text)
    })

  it('may have several hosts, of which all but the first stand in srv', () => {
    const uri = parseQueueUri(invitation)
    const many: QueueUri = {
      ...uri,
      server: { ...uri.server, hosts: ['a.example', 'b.onion', 'c'] },
    }
    const printed = printQueueUri(many)
    assert.match(printed, /@a\.example:5223\/.*&srv=b\.onion%2Cc$/)
    assert.deepEqual(parseQueueUri(printed), many)
    const listed = invitation.replace('smp.example.com', 'smp.example.com,b.onion')
    assert.deepEqual(parseQueueUri(listed).server.hosts, ['smp.example.com', 'b.onion'])
  })

  it('may be of other clients', () => {
    const { mode } = parseQueueUri(withQuery((query) => query.replace('&q=m', '')))
    assert.equal(mode, 'messaging')
    assert.equal(parseQueueUri(withQuery((q) => q.replace('&q=m&k=s', ''))).mode, undefined)
    assert.equal(parseQueueUri(withQuery((q) => `${q}&new=1`)).mode, 'messaging')
    const one = parseQueueUri(withQuery((q) => q.replace('v=1-4', 'v=4')))
    assert.deepEqual(one.clientVersions, { min: 4, max: 4 })
    assert.match(printQueueUri(one), /\?v=4&/)
    assert.deepEqual(parseQueueUri(invitation.replace('#/', '/#/')), parseQueueUri(invitation))
  })

  it('take ids of any length', () => {
    const uri = { ...parseQueueUri(invitation), senderId: senderIdOf(Uint8Array.of(1, 2, 250)) }
    assert.deepEqual(parseQueueUri(printQueueUri(uri)), uri)
  })

  const wrong: readonly (readonly [string, string])[] = [
    ['nothing', ''],
    ['a server', 'smp://LcJUMfVhwD8yxjAiSaDzzGF3-kLG4Uh0Fl_ZIjrRwjI=@smp.example.com'],
    ['another scheme', invitation.replace('smp://', 'https://')],
    ['a password', invitation.replace('@', ':secret@')],
    ['no versions', withQuery((query) => query.replace('v=1-4', 'v='))],
    ['versions upside down', withQuery((query) => query.replace('v=1-4', 'v=4-1'))],
    ['no key', withQuery((query) => query.replace(/&dh=[^&]*/, ''))],
    ['a damaged key', withQuery((query) => query.replace('dh=MCow', 'dh=MCow%20'))],
    ['an Ed25519 key', withQuery((query) => query.replace('MCowBQYDK2VuA', 'MCowBQYDK2VwA'))],
    ['a host that is none', `${invitation}&srv=a%2Fb`],
  ]
  for (const [name, text] of wrong)
    it(`are refused: ${name}`, () => assert.throws(() => parseQueueUri(text), ProtocolError))
})
