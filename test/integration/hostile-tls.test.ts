/** The TLS of the relay as OpenSSL and Node see it: what is agreed, and what is refused. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { ConnectionOptions } from 'node:tls'
import { decodeServerHello } from '../../src/protocol/handshake.ts'
import { unpad } from '../../src/protocol/padding.ts'
import { SEND, unsigned } from '../support/wire.ts'
import { identity, takeServerHello } from '../support/wire-hello.ts'
import { closed, TlsRelay } from '../support/wire-tls.ts'

const BLOCK = 16_384

interface Outcome {
  readonly code: number | null
  readonly output: Buffer
  readonly text: string
}

let relay: TlsRelay
let directory: string
before(async () => {
  relay = await TlsRelay.start()
  directory = await mkdtemp(join(tmpdir(), 'sluice-tls-'))
})
after(async () => {
  await relay.holds(0)
  await relay.close()
  await rm(directory, { recursive: true })
})

/** Runs `openssl s_client` until the relay has said its hello, or refused. */
const openssl = async (...options: readonly string[]): Promise<Outcome> => {
  const target = ['-connect', `127.0.0.1:${relay.port}`]
  const child = spawn('openssl', ['s_client', ...target, ...options], { cwd: directory })
  const chunks: Buffer[] = []
  let isHelloThere = false
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      // the padding of a whole block: then the session ticket has come too
      isHelloThere ||= Buffer.concat(chunks).includes('#'.repeat(10_000))
      if (isHelloThere) child.stdin.end()
    })
  child.stdin.on('error', () => undefined)
  const [code] = (await once(child, 'close')) as [number | null]
  const output = Buffer.concat(chunks)
  return { code, output, text: output.toString('latin1') }
}

const smp = ['-alpn', 'smp/1'] as const

describe('openssl s_client', { timeout: 30_000 }, () => {
  test('agrees on TLS 1.3 with ChaCha20 and sees a chain of two', async () => {
    const { code, text } = await openssl(...smp, '-showcerts')
    assert.equal(code, 0)
    assert.match(text, /New, TLSv1\.3, Cipher is TLS_CHACHA20_POLY1305_SHA256/)
    assert.match(text, /ALPN protocol: smp\/1/)
    const pem = [...text.matchAll(/-----BEGIN CERTIFICATE-----([^-]+)-----END/g)]
    assert.deepEqual(
      pem.map(([, base64 = '']) => Buffer.from(base64, 'base64').toString('hex')),
      identity.chain.map((der) => Buffer.from(der).toString('hex')),
    )
    // ordinary clients and services are both asked for a certificate
    assert.match(text, /Requested Signature Algorithms: ed448:ed25519/i)
    assert.match(text, /Server Temp Key: X(25519|448),/)
  })

  test('agrees on TLS 1.2 with ECDHE-ECDSA-CHACHA20-POLY1305, and has a session id of 12 bytes', async () => {
    const { code, output, text } = await openssl(...smp, '-tls1_2')
    assert.equal(code, 0)
    assert.match(text, /New, TLSv1\.2, Cipher is ECDHE-ECDSA-CHACHA20-POLY1305/)
    const end = output.lastIndexOf('#')
    const start = output.subarray(0, end).indexOf(Uint8Array.of(0, 6, 0, 18, 12)) - 2
    const hello = decodeServerHello(unpad(output.subarray(start, start + BLOCK)))
    assert.equal(hello.sessionId.length, 12)
  })

  const refused: readonly (readonly [string, readonly string[], RegExp])[] = [
    ['TLS 1.1', ['-tls1_1', '-cipher', 'DEFAULT@SECLEVEL=0'], /alert protocol version/],
    ['TLS 1.0', ['-tls1', '-cipher', 'DEFAULT@SECLEVEL=0'], /alert protocol version/],
    [
      'AES only in TLS 1.3',
      ['-tls1_3', '-ciphersuites', 'TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256'],
      /alert handshake failure/,
    ],
    [
      'AES only in TLS 1.2',
      ['-tls1_2', '-cipher', 'ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-SHA256'],
      /alert handshake failure/,
    ],
    ['RSA key exchange', ['-tls1_2', '-cipher', 'AES256-GCM-SHA384'], /alert handshake failure/],
    [
      'ChaCha20 with RSA',
      ['-tls1_2', '-cipher', 'ECDHE-RSA-CHACHA20-POLY1305'],
      /alert handshake failure/,
    ],
    ['RSA signatures only', ['-sigalgs', 'RSA-PSS+SHA256:RSA+SHA256'], /alert handshake failure/],
    ['ECDSA signatures only', ['-sigalgs', 'ECDSA+SHA256:ECDSA+SHA384'], /alert handshake failure/],
    ['NIST curves only', ['-groups', 'P-256:P-384'], /alert handshake failure/],
  ]
  for (const [name, options, alert] of refused)
    test(`is refused with ${name}`, async () => {
      const { code, text } = await openssl(...smp, ...options)
      assert.notEqual(code, 0)
      assert.match(text, alert)
      assert.match(text, /New, \(NONE\), Cipher is \(NONE\)/)
    })

  test('is refused with an unknown protocol', async () => {
    const { code, text } = await openssl('-alpn', 'smp/2,xftp/1')
    assert.notEqual(code, 0)
    assert.match(text, /alert no application protocol/)
  })

  const agreed = [
    ['h2', 'h2'],
    ['http/1.1', 'http/1.1'],
    ['smp/2,smp/1,h2', 'smp/1'],
    ['h2,smp/1', 'h2'],
  ] as const
  for (const [offered, protocol] of agreed)
    test(`gets ${protocol} of ${offered}`, async () => {
      const { code, text } = await openssl('-alpn', offered)
      assert.equal(code, 0)
      assert.ok(text.includes(`ALPN protocol: ${protocol}\n`))
    })

  for (const version of ['tls1_3', 'tls1_2'])
    test(`cannot resume a session of ${version}`, async () => {
      const file = `${version}.pem`
      // now and then openssl leaves before it has written the session: then it connects again
      let bytes = 0
      for (let attempt = 0; bytes === 0 && attempt < 20; attempt++) {
        const first = await openssl(...smp, `-${version}`, '-sess_out', file)
        assert.match(first.text, /^New, /m)
        bytes = await stat(join(directory, file)).then(
          ({ size }) => size,
          () => 0,
        )
      }
      assert.ok(bytes > 0, 'there is a session to resume')
      const second = await openssl(...smp, `-${version}`, '-sess_in', file)
      assert.equal(second.code, 0)
      assert.match(second.text, /^New, TLSv1\./m)
      assert.doesNotMatch(second.text, /^Reused, /m)
    })

  test('cannot renegotiate', async () => {
    const target = ['-connect', `127.0.0.1:${relay.port}`, ...smp, '-tls1_2']
    const child = spawn('openssl', ['s_client', ...target])
    let text = ''
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => {
        const isFirst = !text.includes('####')
        text += chunk.toString('latin1')
        if (isFirst && text.includes('####')) child.stdin.write('R\n')
        if (text.includes('no renegotiation')) child.stdin.end()
      })
    child.stdin.on('error', () => undefined)
    await once(child, 'close')
    assert.match(text, /RENEGOTIATING/)
    assert.match(text, /no renegotiation/)
  })
})

describe('Node’s TLS', { timeout: 30_000 }, () => {
  const versions: readonly (readonly [ConnectionOptions, bytes: number])[] = [
    [{ maxVersion: 'TLSv1.2' }, 12],
    [{ minVersion: 'TLSv1.3' }, 32],
  ]
  for (const [options, bytes] of versions)
    test(`binds the session to the client’s Finished, ${bytes} bytes`, async () => {
      const connection = await relay.dialSmp(options)
      const { sessionId } = await takeServerHello(connection)
      assert.equal(sessionId.length, bytes)
      assert.deepEqual(Buffer.from(sessionId), connection.socket.getFinished())
      connection.leave()
      await relay.holds(0)
    })

  test('serves every version over both', async () => {
    for (const [options] of versions)
      for (const version of [6, 7, 11, 18]) {
        const client = await relay.connect({ version }, options)
        const q = await client.creates({ subscribe: true })
        client.says([unsigned, 'send', q.sid, SEND('hello')])
        await client.hears(['', q.rid, 'MSG F hello'], ['send', q.sid, 'OK'])
        client.leaves()
      }
    await relay.holds(0)
  })

  test('offers v6 only where the client names no protocol', async () => {
    const connection = await relay.dialSmp({ ALPNProtocols: [] })
    assert.equal(connection.socket.alpnProtocol, false)
    const { versions: offered, authentication } = await takeServerHello(connection)
    assert.deepEqual([offered, authentication], [{ min: 6, max: 6 }, undefined])
    connection.leave()
    await relay.holds(0)
  })

  test('is refused without a common protocol', async () => {
    await assert.rejects(relay.dialTls({ ALPNProtocols: ['smp/2'] }), {
      code: 'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL',
    })
    await relay.holds(0)
  })

  test('hears close_notify when the relay closes', async () => {
    const own = await TlsRelay.start()
    const client = await own.connect()
    await client.asks([unsigned, 'ping', '', 'PING'], 'PONG')
    const { socket } = client.connection
    const errors: unknown[] = []
    socket.on('error', (error) => errors.push(error))
    let hasEnded = false
    socket.on('end', () => {
      hasEnded = true
    })
    await own.close()
    await closed(socket)
    assert.deepEqual([hasEnded, errors], [true, []])
  })
})
