/** Requests to the admin API of a relay, and what can go wrong with them in one line. */
import { z } from 'zod'
import { quote } from '../../config/problem.ts'
import type { Settings } from '../../config/settings.ts'
import { webUrl } from '../../config/web-values.ts'
import { isIpv6 } from '../../protocol/address.ts'
import { Failure, Misuse } from '../command.ts'
import { networkReason } from '../connect-failure.ts'
import { givenSettings } from '../given.ts'
import type { Io } from '../io.ts'

const LIMIT_MS = 30_000
const MAX_ANSWER_BYTES = 1_000_000

export const adminOptions = {
  admin: {
    type: 'string',
    value: 'URL',
    help: 'where the admin API is (default: SLUICE_ADMIN_URL, or this machine)',
  },
  json: { type: 'boolean', help: 'print the answer as one JSON object' },
} as const

export const aboutAdmin = `
The relay needs SLUICE_ADMIN_PORT, and its SLUICE_ADMIN_TOKEN is given here in the environment,
or as a file named by SLUICE_ADMIN_TOKEN_FILE.`

interface Request {
  readonly path: string
  /** Absent: GET. */
  readonly body?: object
}

const refusal = z.object({ code: z.string(), message: z.string() })

const anywhere: ReadonlySet<string> = new Set(['0.0.0.0', '::'])

/** Where a relay of this environment has its admin API. */
const ownUrl = ({ adminPort, adminBind }: Settings): string | undefined => {
  if (!adminPort) return undefined
  const host = anywhere.has(adminBind) ? 'localhost' : adminBind
  return `http://${isIpv6(host) ? `[${host}]` : host}:${adminPort}`
}

const urlOf = (option: string | undefined, settings: Settings): string => {
  if (option !== undefined && !webUrl.schema.safeParse(option).success)
    throw new Misuse(`--admin ${quote(option)} must be ${webUrl.allowed.replaceAll('`', '')}`)
  const url = option ?? settings.adminUrl ?? ownUrl(settings)
  if (url === undefined)
    throw new Failure('where the admin API is has to be given: --admin URL, or SLUICE_ADMIN_URL')
  return url.replace(/\/+$/, '')
}

const readAnswer = async (response: Response): Promise<string> => {
  const parts: Uint8Array[] = []
  let length = 0
  for await (const part of response.body ?? []) {
    length += part.length
    if (length > MAX_ANSWER_BYTES) return ''
    parts.push(part)
  }
  return Buffer.concat(parts).toString('utf8')
}

const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

export class AdminClient {
  readonly #url: string
  readonly #token: string
  readonly #signal: AbortSignal

  /** @throws Failure, Misuse */
  constructor(io: Io, option: string | undefined) {
    const settings = givenSettings(io)
    const { adminToken } = settings
    this.#url = urlOf(option, settings)
    if (adminToken === undefined)
      throw new Failure('the token of the admin API is needed in SLUICE_ADMIN_TOKEN, or as _FILE')
    this.#token = adminToken
    this.#signal = io.signal
  }

  /**
   * The answer of the relay, which has to be of this form.
   * @throws Failure
   */
  async ask<T>(request: Request, form: z.ZodType<T>): Promise<T> {
    const { status, text } = await this.#send(request)
    const answer = jsonOf(text)
    const parsed = form.safeParse(answer)
    if (status === 200 && parsed.success) return parsed.data
    throw new Failure(this.#problem(status, refusal.safeParse(answer).data))
  }

  async #send({ path, body }: Request): Promise<{ status: number; text: string }> {
    const timeout = AbortSignal.timeout(LIMIT_MS)
    try {
      const response = await fetch(`${this.#url}${path}`, {
        method: body === undefined ? 'GET' : 'POST',
        headers: {
          authorization: `Bearer ${this.#token}`,
          ...(body && { 'content-type': 'application/json' }),
        },
        ...(body && { body: JSON.stringify(body) }),
        // the token is for this server only
        redirect: 'manual',
        signal: AbortSignal.any([this.#signal, timeout]),
      })
      return { status: response.status, text: await readAnswer(response) }
    } catch (error) {
      if (this.#signal.aborted) throw this.#signal.reason
      if (timeout.aborted)
        throw new Failure(`${this.#url} does not answer within ${LIMIT_MS / 1000} seconds`)
      const cause = error instanceof Error ? (error.cause ?? error) : error
      throw new Failure(`${this.#url} cannot be reached: ${networkReason(cause)}`, { cause: error })
    }
  }

  #problem(status: number, refused: z.output<typeof refusal> | undefined): string {
    if (refused?.code === 'unauthorized')
      return `${this.#url} has another token: SLUICE_ADMIN_TOKEN is not the one of that relay`
    if (refused === undefined || refused.code === 'no_such_path')
      return `${this.#url} is no admin API that this version knows: it answered ${status}`
    return refused.message.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '?')
  }
}
