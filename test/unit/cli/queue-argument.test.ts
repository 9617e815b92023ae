import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { isPlainId, queueArgument } from '../../../src/cli/admin/queue-argument.ts'
import { Misuse } from '../../../src/cli/command.ts'
import { bareBase64url, base64url } from '../../../src/protocol/text.ts'

const bytes = (length: number, first: number) =>
  Uint8Array.from({ length }, (_, index) => (first + index) % 256)

const id = bareBase64url(bytes(24, 1))
const fingerprint = bareBase64url(bytes(32, 100))
// the contact id that follows from this key is in the published description of short links
const linkKey = bareBase64url(bytes(32, 0))
const contactId = bareBase64url(
  new Uint8Array(Buffer.from('3232adb6fd5d0e30ab33495f6d24543458eae3aab2b1b535', 'hex')),
)
const dh = encodeURIComponent(
  base64url(
    new Uint8Array(
      Buffer.concat([Buffer.from('302a300506032b656e032100', 'hex'), Buffer.alloc(32, 9)]),
    ),
  ),
)

const uri = `smp://${fingerprint}@smp.example.org/${id}#/?v=1-4&dh=${dh}&q=c`
const server = { fingerprint, hosts: ['smp.example.org'] }
const query = `v=2-7&smp=${encodeURIComponent(uri)}&e2e=v%3D2-3%26x3dh%3DMEIw`

const links: readonly (readonly [string, string, object])[] = [
  ['the id of a sender or link', id, { id }],
  ['an id with padding', 'AQ==', { id: 'AQ' }],
  ['the address of a queue', uri, { id, server }],
  [
    'one with more hosts',
    `${uri}&srv=b.onion`,
    {
      id,
      server: { fingerprint, hosts: ['smp.example.org', 'b.onion'] },
    },
  ],
  ['an invitation', `simplex:/invitation#/?${query}`, { id, server }],
  ['an address', `simplex:/contact#/?${query}`, { id, server }],
  ['one for browsers', `https://simplex.chat/contact#/?${query}`, { id, server }],
  ['one with a path that ends', `https://simplex.chat/invitation/#/?${query}`, { id, server }],
  [
    'a short invitation',
    `simplex:/i#${id}/${linkKey}?h=smp.example.org&p=5223&c=${fingerprint}`,
    { id, server },
  ],
  [
    'a short invitation for browsers, which names no fingerprint',
    `https://smp.example.org/i#${id}/${linkKey}`,
    { id, server: { hosts: ['smp.example.org'] } },
  ],
  ...['a', 'c', 'g', 'r'].map(
    (letter) =>
      [
        `a short link ${letter}, whose id follows from its key`,
        `simplex:/${letter}#${linkKey}?h=smp.example.org&c=${fingerprint}`,
        { id: contactId, server },
      ] as const,
  ),
]

describe('a queue is named by', () => {
  for (const [name, text, expected] of links)
    test(name, () => {
      const named = queueArgument(text)
      assert.deepEqual(named, expected)
      assert.ok(!JSON.stringify(named).includes(linkKey), 'the secret of the link stays here')
    })
})

describe('a queue is not named by', () => {
  const wrong: Readonly<Record<string, string>> = {
    nothing: '',
    'a word with other letters': 'swordfish!',
    'stray bits': 'swordfi',
    'an id that is too long': 'A'.repeat(348),
    'the address of a server': `smp://${fingerprint}@smp.example.org`,
    'an address with a password': uri.replace('@', ':swordfish@'),
    'an address without a key': `smp://${fingerprint}@smp.example.org/${id}#/?v=1-4&q=swordfish`,
    'a page': 'https://smp.example.org/swordfish',
    'a link of another kind': `simplex:/x#${linkKey}?h=swordfish`,
    'a link without its secret': `simplex:/i#${id}?h=swordfish`,
    'a short link without a host': `simplex:/a#${linkKey}`,
    'a link without a queue': 'simplex:/contact#/?v=2-7&swordfish=1',
    'a link to two queues': `simplex:/invitation#/?v=2&smp=${encodeURIComponent(`${uri},${uri}`)}`,
    'http without TLS': `http://smp.example.org/i#${id}/${linkKey}`,
  }
  for (const [name, text] of Object.entries(wrong))
    test(name, () => {
      assert.throws(
        () => queueArgument(text),
        (error) =>
          error instanceof Misuse &&
          /^neither the id of a sender or link, nor a link/.test(error.message) &&
          !/swordfish|\p{C}/u.test(error.message) &&
          !error.message.includes(linkKey),
      )
    })
})

test('an id of the usual length is no option, whatever it begins with', () => {
  for (const one of [`-${'a'.repeat(31)}`, `--${'a'.repeat(30)}`, id]) assert.ok(isPlainId(one))
  for (const one of ['--reason', '-y', '--json', 'status', 'https://simplex.chat/a#b'])
    assert.ok(!isPlainId(one))
})
