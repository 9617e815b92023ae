/** The pages of a relay as any HTTP client sees them. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { after, before, describe, test } from 'node:test'
import type { Information } from '../../src/config/information.ts'
import { base64url } from '../../src/protocol/text.ts'
import { identity } from '../support/wire-hello.ts'
import { TlsRelay } from '../support/wire-tls.ts'

const information: Information = {
  sourceCode: 'https://code.example',
  operator: { name: '<b>Example & "Sons"</b>', country: 'CH' },
  adminContacts: { email: 'a@b', simplex: 'simplex:/a#x' },
}
const PASSWORD = 'very-secret'

let relay: TlsRelay
let base: string
before(async () => {
  relay = await TlsRelay.start(
    { wsPorts: '0', hosts: 'smp.example.org,abc2.onion', createPassword: PASSWORD },
    { information },
  )
  base = `http://127.0.0.1:${relay.webPort('ws')}`
})
after(() => relay.close())

const get = async (path: string, init: RequestInit = {}) => {
  const response = await fetch(`${base}${path}`, {
    ...init,
    headers: { connection: 'close', ...init.headers },
  })
  return {
    ...response,
    status: response.status,
    headers: response.headers,
    text: await response.text(),
  }
}

const kinds = ['i', 'a', 'c', 'g', 'r', 'contact', 'invitation']
const pages: readonly (readonly [string, string])[] = [
  ['/', 'text/html; charset=utf-8'],
  ['/info.json', 'application/json'],
  ['/address.svg', 'image/svg+xml'],
  ['/icon.svg', 'image/svg+xml'],
  ['/style.css', 'text/css; charset=utf-8'],
  ['/link.js', 'text/javascript; charset=utf-8'],
  ['/qr.js', 'text/javascript; charset=utf-8'],
  ...kinds.map((kind) => [`/${kind}`, 'text/html; charset=utf-8'] as const),
]

describe('a page', () => {
  for (const [path, type] of pages)
    test(`${path} is ${type}, under a strict policy`, async () => {
      const { status, headers, text } = await get(path)
      assert.equal(status, 200)
      assert.equal(
        headers.get('content-type')?.replace('application/json; charset=utf-8', 'application/json'),
        type,
      )
      const policy = headers.get('content-security-policy') ?? ''
      assert.match(policy, /^default-src 'none'; /)
      assert.doesNotMatch(policy, /unsafe|https?:|data:|\*/)
      assert.equal(headers.get('set-cookie'), null)
      assert.equal(headers.get('referrer-policy'), 'no-referrer')
      assert.equal(headers.get('x-content-type-options'), 'nosniff')
      assert.equal(headers.get('server'), null)
      assert.ok(!text.includes(PASSWORD))
      if (!type.startsWith('text/html')) return
      // nothing of its own in the page, and nothing from elsewhere
      assert.doesNotMatch(text, /<script(?![^>]* src="\/)|<style|style="| on[a-z]+="/i)
      for (const [, source = ''] of text.matchAll(/(?:src|<link[^>]* href)="([^"]*)"/g))
        assert.match(source, /^\/[a-z.]+$/)
    })

  test('shows text as text', async () => {
    const { text } = await get('/')
    assert.ok(text.includes('&lt;b&gt;Example &amp; &quot;Sons&quot;&lt;/b&gt; (Switzerland)'))
    assert.ok(!text.includes('<b>'))
  })

  test('shows the address without its password', async () => {
    const { text } = await get('/')
    const address = `smp://${base64url(identity.keyHash)}@smp.example.org,abc2.onion:${relay.port}`
    assert.ok(text.includes(address))
    assert.ok(text.includes('who knows the password'))
  })

  test('says the same as JSON', async () => {
    const { version, address, ...rest } = JSON.parse((await get('/info.json')).text)
    assert.match(version, /^\d+\.\d+\.\d+/)
    assert.match(address, /^smp:\/\//)
    assert.deepEqual(rest, {
      config: {
        persistence: 'memoryOnly',
        messageExpiration: 1_814_400,
        statsEnabled: false,
        newQueuesAllowed: true,
        basicAuthEnabled: true,
      },
      information,
      smpVersions: '6-18',
    })
  })

  test('of a link has the server of the link, and nothing of the link', async () => {
    const [page, other] = [await get('/i?x=y'), await get('/i/')]
    assert.equal(page.text, other.text)
    assert.ok(page.text.includes('data-hosts="smp.example.org,abc2.onion"'))
    assert.ok(page.text.includes(`data-port="${relay.port}"`))
  })
})

describe('a request', () => {
  test('for the head alone is answered', async () => {
    const { status, text } = await get('/', { method: 'HEAD' })
    assert.deepEqual([status, text], [200, ''])
  })

  const unknown: readonly (readonly [string, string])[] = [
    ['GET', '/nowhere'],
    ['GET', '/<script>'],
    ['GET', '/assets/../../package.json'],
    ['GET', '/%2e%2e/package.json'],
    ['GET', '/__proto__'],
    ['POST', '/'],
    ['DELETE', '/info.json'],
  ]
  for (const [method, path] of unknown)
    test(`${method} ${path} finds nothing, and is not repeated`, async () => {
      const { status, text, headers } = await get(path, { method })
      assert.deepEqual([status, text], [404, 'Not found\n'])
      assert.match(headers.get('content-security-policy') ?? '', /default-src 'none'/)
    })

  test('that no browser sends is refused or closed', async () => {
    for (const request of [
      'GET //%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
      'GET http://[ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
      'POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: 1\r\n\r\n{',
    ]) {
      const socket = connect(relay.webPort('ws'), '127.0.0.1')
      socket.write(request)
      let answer = ''
      socket.on('data', (chunk) => {
        answer += chunk
      })
      await once(socket, 'close')
      assert.match(answer, /^HTTP\/1.1 4\d\d /)
      assert.doesNotMatch(answer, /%zz|\[/)
    }
  })
})
