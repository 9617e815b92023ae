/** What the relay answers to browsers: pages about itself and landing pages of links. */
import { readFileSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import { fileURLToPath } from 'node:url'
import { type FastifyInstance, type FastifyReply, fastify } from 'fastify'
import { HttpConnections } from '../transport/http.ts'
import type { WebSockets } from '../transport/web-socket.ts'
import type { Html } from './html.ts'
import { type LinkServer, linkKinds, linkPage } from './link-page.ts'
import { qrCodeSvg } from './qr-code.ts'
import { type About, serverPage } from './server-page.ts'

export interface SiteContent {
  readonly about: About
  readonly links: LinkServer
}

export interface SiteOptions {
  /** Asked at the first request, as a relay may know its ports only then, and after changes. */
  content(): SiteContent
  readonly webSockets: WebSockets
  /** For a connection that is no WebSocket. */
  readonly timeoutMs: number
}

export interface Site extends AsyncDisposable {
  readonly connections: HttpConnections
  /** What it shows has changed. */
  renew(): void
}

interface Content {
  readonly type: string
  readonly body: string
}

const MAX_AGE_SECONDS = 300

const headers = {
  'cache-control': `public, max-age=${MAX_AGE_SECONDS}`,
  'content-security-policy':
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), microphone=(), geolocation=()',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
} as const

const asset = (name: string, type: string): Content => ({
  type,
  body: readFileSync(new URL(`assets/${name}`, import.meta.url), 'utf8'),
})

const page = ({ text: body }: Html): Content => ({ type: 'text/html; charset=utf-8', body })
const svg = (body: string): Content => ({ type: 'image/svg+xml', body })

const informationJson = ({ host: _, smpVersions, ...about }: About): string =>
  `${JSON.stringify({ ...about, smpVersions: `${smpVersions.min}-${smpVersions.max}` }, null, 2)}\n`

/** All there is, made in advance: nothing depends on who asks. */
const pagesOf = ({ about, links }: SiteContent): ReadonlyMap<string, Content> =>
  new Map([
    ['/', page(serverPage(about))],
    ['/info.json', { type: 'application/json', body: informationJson(about) }],
    ['/address.svg', svg(qrCodeSvg(about.address))],
    ['/icon.svg', asset('icon.svg', 'image/svg+xml')],
    ['/style.css', asset('style.css', 'text/css; charset=utf-8')],
    ['/link.js', asset('link.js', 'text/javascript; charset=utf-8')],
    [
      '/qr.js',
      {
        type: 'text/javascript; charset=utf-8',
        body: readFileSync(fileURLToPath(import.meta.resolve('qr')), 'utf8'),
      },
    ],
    ...[...linkKinds].flatMap(([path, kind]) => {
      const landing = page(linkPage(kind, links))
      return [[`/${path}`, landing] as const, [`/${path}/`, landing] as const]
    }),
  ])

const badRequest = (reply: FastifyReply): FastifyReply =>
  reply.code(400).headers(headers).type('text/plain').send('Bad request\n')

export const openSite = async (options: SiteOptions): Promise<Site> => {
  const { webSockets, timeoutMs } = options
  let pages: ReadonlyMap<string, Content> | undefined
  let connections: HttpConnections | undefined
  const app: FastifyInstance = fastify({
    // nothing about requests is logged
    logger: false,
    // a path that is none is not repeated
    frameworkErrors: (_, __, reply) => void badRequest(reply),
    serverFactory: (answer) => {
      connections = new HttpConnections(answer as RequestListener, webSockets, timeoutMs)
      return connections.server
    },
  })
  app.addHook('onRequest', async (_, reply) => void reply.headers(headers))
  app.setNotFoundHandler((_, reply) => reply.code(404).type('text/plain').send('Not found\n'))
  app.setErrorHandler((_, __, reply) => badRequest(reply))
  app.get('*', (request, reply) => {
    pages ??= pagesOf(options.content())
    const [path = ''] = request.url.split('?', 1)
    const found = pages.get(path)
    return found === undefined ? reply.callNotFound() : reply.type(found.type).send(found.body)
  })
  await app.ready()
  if (connections === undefined) throw new TypeError('no HTTP server was made')
  const renew = (): void => {
    pages = undefined
  }
  return { connections, renew, [Symbol.asyncDispose]: () => app.close() }
}
