/** Target: the HTTP ports - pages, health and metrics, the admin API. */

import { once } from 'node:events'
import type { Socket } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import type { Choices } from './choices.ts'
import { Finding } from './finding.ts'
import { atTimesMutated } from './mutate.ts'
import { dialPlain, hear, type Place, writeInPieces } from './place.ts'
import type { Target } from './target.ts'

const paths = {
  web: ['/', '/a', '/i', '/c', '/g', '/.well-known/x', '/media/style.css', '/link?x#y', '*', '//'],
  ops: ['/livez', '/readyz', '/startupz', '/version', '/metrics', '/metrics?x=1', '/', '/%ff', '*'],
  admin: [
    ...['/v1/queues/status', '/v1/queues/block', '/v1/queues/unblock', '/v1/queues/delete'],
    ...['/v1/config', '/v1/statistics', '/v1/nothing', '/', '/%', '/v1/config?token=x'],
  ],
} as const
type Site = keyof typeof paths

/** These would end what others are doing: without the token, or with nothing that they accept. */
const disruptive = ['/v1/drain', '/v1/shed'] as const

const bodies = [
  '{"id":"AAAA"}',
  '{"id":"AAAA","reason":"spam"}',
  '{"id":"AAAA","reason":"content","notice":{"ttl":60}}',
  '{"id":"AAAA","server":{"fingerprint":"AAAA","hosts":["localhost"]}}',
  '{"id":"AAAA","__proto__":{"reason":"spam"}}',
  '[[[[[[[[]]]]]]]]',
  '{"id":1e999}',
  `{"id":"${'A'.repeat(4000)}"}`,
  `"${'\\u0000'.repeat(100)}"`,
  '',
] as const

const methods = [
  'GET',
  'POST',
  'HEAD',
  'PUT',
  'DELETE',
  'OPTIONS',
  'CONNECT',
  'TRACE',
  'get',
  'X',
] as const

const headerLines = [
  'Accept: application/openmetrics-text',
  'Accept: */*;q=x',
  'Accept-Encoding: gzip, br',
  'Expect: 100-continue',
  'Transfer-Encoding: chunked',
  'Connection: keep-alive, Upgrade',
  'Upgrade: h2c',
  'Content-Length: 5',
  'Content-Length: -1',
  'Range: bytes=0-0,5-',
  'If-None-Match: "x", W/"y"',
  'If-Modified-Since: never',
  'X-Forwarded-For: ::1, 1.2.3.4',
  `Cookie: ${'c'.repeat(3000)}`,
  `X: ${'x'.repeat(9000)}`,
] as const

interface Asked {
  readonly bytes: Uint8Array
  /** Whether it may be answered by what only operators see. */
  readonly hasToken: boolean
}

const contentType = (choices: Choices): string =>
  `Content-Type: ${choices.of('application/json', 'text/plain', 'application/json; charset=x', 'x')}`

const isHarmless = (path: string): boolean => !disruptive.some((one) => path.startsWith(one))

const requestTo = (site: Site, choices: Choices, { adminToken }: Place): Asked => {
  const usual = choices.from(paths[site]) ?? '/'
  const path = site === 'admin' && choices.percent(10) ? choices.of(...disruptive) : usual
  const method = choices.percent(80) ? choices.of('GET', 'POST') : (choices.from(methods) ?? 'GET')
  const body = method === 'GET' ? '' : (choices.from(bodies) ?? '')
  const hasToken = site === 'admin' && isHarmless(path) && choices.percent(85)
  // a wrong one is counted, and the address then not listened to
  const token = hasToken ? adminToken : choices.of('x', adminToken.slice(1), '')
  const lines = [
    `${method} ${path} HTTP/${choices.percent(95) ? '1.1' : choices.of('1.0', '0.9', '2.0', '1.1x')}`,
    ...(choices.percent(95) ? ['Host: localhost'] : []),
    ...(hasToken || choices.percent(30) ? [`Authorization: Bearer ${token}`] : []),
    ...Array.from({ length: choices.below(3) }, () => choices.from(headerLines) ?? ''),
    ...(body === '' ? [] : [contentType(choices), `Content-Length: ${body.length}`]),
    ...(choices.percent(80) ? ['Connection: close'] : []),
  ]
  const bytes = Buffer.from(`${lines.join('\r\n')}\r\n\r\n${body}`)
  // changed bytes must not make the path of one into that of another
  return { bytes: atTimesMutated(bytes, choices, 30), hasToken }
}

const HEAD_END = '\r\n\r\n'

const isHead = (request: Uint8Array): boolean =>
  Buffer.from(request.subarray(0, 5)).toString('latin1') === 'HEAD '

/** Whether a whole answer is there; one to HEAD tells of a body that it has not. */
const isWhole = (bytes: Buffer, hasBody: boolean): boolean => {
  const text = bytes.toString('latin1')
  const end = text.indexOf(HEAD_END)
  if (end < 0 || !hasBody) return end >= 0
  const length = /^content-length: *(\d+)/im.exec(text.slice(0, end))?.[1]
  return length === undefined || text.length >= end + HEAD_END.length + Number(length)
}

/** What answers of a server that is in order cannot have. */
const MOST_STATUS = 500
const allowedAbove: ReadonlySet<number> = new Set([501, 503, 505])

const judge = (site: Site, bytes: Buffer, { hasToken }: Asked): void => {
  if (bytes.length === 0) return
  const head = bytes.subarray(0, 200).toString('latin1')
  const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(head)?.[1])
  if (Number.isNaN(status)) throw new Finding(`${site}: an answer that is no HTTP: ${head}`)
  if (status >= MOST_STATUS && !allowedAbove.has(status))
    throw new Finding(`${site}: status ${status}`)
  if (site === 'admin' && status < 400 && status >= 200 && !hasToken)
    throw new Finding(`admin: status ${status} without the token`)
}

/** As browsers reach the page on the port that SMP has too. */
const throughTls = async (tcp: Socket): Promise<TLSSocket | undefined> => {
  const socket = connectTls({ socket: tcp, servername: 'localhost', rejectUnauthorized: false })
  socket.on('error', () => undefined)
  const outcome = await Promise.race([once(socket, 'secureConnect'), once(tcp, 'close')])
  return outcome.length > 0 && tcp.closed ? undefined : socket
}

const sites = ['web', 'ops', 'admin'] as const

/** Each request is a case. */
export const httpTarget = (place: Place): Target => ({
  name: 'http',
  async run(choices) {
    const site = choices.of(...sites)
    const isShared = site === 'web' && choices.percent(15)
    const ports = {
      web: isShared ? place.smpPort : place.wsPort,
      ops: place.opsPort,
      admin: place.adminPort,
    }
    const tcp = await dialPlain(ports[site], choices)
    const socket = isShared ? await throughTls(tcp) : tcp
    if (socket === undefined) throw new Finding('no TLS for a browser')
    const asked = requestTo(site, choices, place)
    await writeInPieces(socket, asked.bytes, choices)
    if (choices.percent(96)) socket.end()
    const { bytes } = await hear(socket, (heard) => isWhole(heard, !isHead(asked.bytes)))
    tcp.destroy()
    judge(site, bytes, asked)
    return 1
  },
})
