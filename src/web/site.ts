/** What the relay answers to browsers that ask for pages. */
import type { RequestListener } from 'node:http'
import { type FastifyInstance, fastify } from 'fastify'
import { HttpConnections } from '../transport/http.ts'
import type { WebSockets } from '../transport/web-socket.ts'

export interface Site extends AsyncDisposable {
  readonly connections: HttpConnections
}

const securityHeaders = {
  'content-security-policy':
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), microphone=(), geolocation=()',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
} as const

/** @param timeoutMs for a connection that is no WebSocket */
export const openSite = async (webSockets: WebSockets, timeoutMs: number): Promise<Site> => {
  let connections: HttpConnections | undefined
  const app: FastifyInstance = fastify({
    // nothing about requests is logged
    logger: false,
    serverFactory: (answer) => {
      connections = new HttpConnections(answer as RequestListener, webSockets, timeoutMs)
      return connections.server
    },
  })
  app.addHook('onRequest', async (_, reply) => void reply.headers(securityHeaders))
  app.setNotFoundHandler((_, reply) => reply.code(404).type('text/plain').send('Not found\n'))
  app.setErrorHandler((_, __, reply) => reply.code(400).type('text/plain').send('Bad request\n'))
  await app.ready()
  if (connections === undefined) throw new TypeError('no HTTP server was made')
  return { connections, [Symbol.asyncDispose]: () => app.close() }
}
