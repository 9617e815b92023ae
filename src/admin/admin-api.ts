/** The operators' HTTP API: one port of its own, nothing without its token, JSON both ways. */
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify'
import type { Logger } from 'pino'
import { StoreFull, StoreUnavailable } from '../store/store-error.ts'
import type { Admittance } from './admittance.ts'
import {
  bodyOf,
  fault,
  noSuchPath,
  rawAnswer,
  refusalOfRequest,
  storeFull,
  storeUnavailable,
  tooManyFailures,
  unauthorized,
  wrongMethod,
} from './http-errors.ts'
import type { AdminContext, Operation, Refusal } from './operation.ts'

export interface AdminApiOptions {
  readonly port: number
  readonly bind: string
  /** For a whole request. */
  readonly timeoutMs: number
  readonly operations: readonly Operation[]
  readonly admittance: Admittance
  readonly context: AdminContext
  readonly log: Logger
  readonly onFault: (error: unknown, during: string) => void
}

export interface AdminApi extends AsyncDisposable {
  readonly port: number
}

/** The port of the admin API cannot be listened on; the cause says why. */
export class AdminListenError extends Error {
  override readonly name = 'AdminListenError'
}

const MAX_BODY_BYTES = 4096
const MAX_HEADER_BYTES = 8192
const MAX_CONNECTIONS = 64
const KEEP_ALIVE_MS = 5_000
const CHECK_INTERVAL_MS = 500

const headers = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' } as const

const send = (reply: FastifyReply, refusal: Refusal): FastifyReply =>
  reply.code(refusal.status).send(bodyOf(refusal))

/** The rest of the request is not waited for. */
const turnAway = (reply: FastifyReply, refusal: Refusal): FastifyReply => {
  if (refusal === unauthorized) reply.header('www-authenticate', 'Bearer')
  return send(reply.header('connection', 'close'), refusal)
}

const newServer = ({ timeoutMs }: AdminApiOptions, answer: (reply: FastifyReply) => void) => {
  const app = fastify({
    // requests hold ids
    logger: false,
    bodyLimit: MAX_BODY_BYTES,
    exposeHeadRoutes: false,
    forceCloseConnections: true,
    keepAliveTimeout: KEEP_ALIVE_MS,
    requestTimeout: timeoutMs,
    http: {
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: timeoutMs,
      connectionsCheckingInterval: CHECK_INTERVAL_MS,
    },
    // a path that cannot be read: it is nobody's business whether the token is right
    frameworkErrors: (_, __, reply) => answer(reply),
    clientErrorHandler: (error, socket) => {
      if (socket.writable) socket.end(rawAnswer(error), () => socket.destroy())
      else socket.destroy()
    },
  })
  app.server.maxConnections = MAX_CONNECTIONS
  app.removeContentTypeParser('text/plain')
  return app
}

class Server {
  readonly app: FastifyInstance
  readonly #options: AdminApiOptions

  constructor(options: AdminApiOptions) {
    this.#options = options
    this.app = newServer(options, (reply) => turnAway(reply.headers(headers), unauthorized))
    this.app.addHook('onRequest', async (request, reply) => this.#admit(request, reply))
    this.app.setErrorHandler((error, _, reply) => this.#failed(error, reply))
    const methods = new Map(options.operations.map(({ path, method }) => [path as string, method]))
    this.app.setNotFoundHandler(({ url }, reply) => {
      const method = methods.get(url.split('?', 1).join())
      return method === undefined
        ? send(reply, noSuchPath)
        : send(reply.header('allow', method), wrongMethod)
    })
    for (const operation of options.operations) this.#add(operation)
  }

  #add(operation: Operation): void {
    const { method, path: url } = operation
    const handler = async ({ body }: FastifyRequest, reply: FastifyReply) => {
      const { context, log } = this.#options
      const outcome = await operation.run(context, body)
      const isRefused = 'refused' in outcome
      const result = isRefused ? outcome.refused.code : 'done'
      if (isRefused || outcome.audit !== undefined)
        log.info({ operation: url, result, ...(!isRefused && outcome.audit) }, 'admin')
      return isRefused ? send(reply, outcome.refused) : reply.send(outcome.body)
    }
    this.app.route({ method, url, handler })
  }

  #admit({ headers: { authorization }, ip }: FastifyRequest, reply: FastifyReply) {
    reply.headers(headers)
    const admitted = this.#options.admittance.admit(authorization, ip)
    if (admitted === 'yes') return undefined
    return turnAway(reply, admitted === 'no' ? unauthorized : tooManyFailures)
  }

  #failed(error: unknown, reply: FastifyReply): FastifyReply {
    const refusal = refusalOfRequest(error)
    if (refusal !== undefined) return turnAway(reply, refusal)
    this.#options.onFault(error, 'admin')
    if (error instanceof StoreUnavailable) return send(reply, storeUnavailable)
    return send(reply, error instanceof StoreFull ? storeFull : fault)
  }
}

/** @throws AdminListenError; nothing is left open then */
export const openAdminApi = async (options: AdminApiOptions): Promise<AdminApi> => {
  const { app } = new Server(options)
  const { port, bind: host } = options
  try {
    await app.listen({ port, host, listenTextResolver: () => '' })
  } catch (cause) {
    await app.close()
    throw new AdminListenError('the admin API cannot listen', { cause })
  }
  const address = app.server.address()
  const listens = typeof address === 'object' && address !== null ? address.port : port
  return { port: listens, [Symbol.asyncDispose]: () => app.close() }
}
