/** The HTTP server of a relay's operators: a few paths, read only, nothing of a request kept or logged. */
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { type FastifyInstance, type FastifyReply, fastify } from 'fastify'

const MAX_HEADER_BYTES = 8192
const KEEP_ALIVE_MS = 65_000
/** For the head of a request, and for a connection that says nothing. */
const REQUEST_MS = 10_000
const MAX_CONNECTIONS = 256

export interface Answer {
  readonly status?: 200 | 503
  readonly type: string
  readonly body: string
}

/** @param accept the header of that name */
export type Route = (accept: string | undefined) => Answer | Promise<Answer>

export interface Place {
  /** 0 for any free port. */
  readonly port: number
  /** All addresses when undefined. */
  readonly bind: string | undefined
}

export interface OpsServer extends AsyncDisposable {
  readonly port: number
}

const headers = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
} as const

const methods: ReadonlySet<string> = new Set(['GET', 'HEAD'])

const plain = (reply: FastifyReply, status: number, text: string): FastifyReply =>
  reply.code(status).headers(headers).type('text/plain; charset=utf-8').send(`${text}\n`)

const newApp = (routes: ReadonlyMap<string, Route>): FastifyInstance => {
  const app = fastify({
    logger: false,
    exposeHeadRoutes: true,
    forceCloseConnections: true,
    connectionTimeout: REQUEST_MS,
    requestTimeout: REQUEST_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    http: { maxHeaderSize: MAX_HEADER_BYTES, headersTimeout: REQUEST_MS },
    frameworkErrors: (_, __, reply) => void plain(reply, 400, 'Bad request'),
  })
  // before a body is looked at, which none of them has
  app.addHook('onRequest', async (request, reply) => {
    const [path = ''] = request.url.split('?', 1)
    if (!routes.has(path)) return plain(reply.header('connection', 'close'), 404, 'Not found')
    if (methods.has(request.method)) return
    const refused = reply.header('allow', [...methods].join(', ')).header('connection', 'close')
    return plain(refused, 405, 'Method not allowed')
  })
  app.setErrorHandler((_, __, reply) => plain(reply, 500, 'Internal error'))
  for (const [path, route] of routes)
    app.get(path, async ({ headers: { accept } }, reply) => {
      const { status = 200, type, body } = await route(accept)
      return reply.code(status).headers(headers).type(type).send(body)
    })
  return app
}

const isAddressInfo = (address: string | AddressInfo | null): address is AddressInfo =>
  typeof address === 'object' && address !== null

/** @throws the listener's error, such as EADDRINUSE */
export const openOpsServer = async (
  { port, bind: host }: Place,
  routes: ReadonlyMap<string, Route>,
): Promise<OpsServer> => {
  const app = newApp(routes)
  await app.ready()
  const { server } = app
  server.maxConnections = MAX_CONNECTIONS
  // fastify's own listens on loopback where no address is given
  server.listen({ port, ...(host !== undefined && { host }) })
  await once(server, 'listening')
  const address = server.address()
  return {
    port: isAddressInfo(address) ? address.port : port,
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
      await app.close()
    },
  }
}
