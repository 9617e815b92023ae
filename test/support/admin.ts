/** Requests to the admin API as any HTTP client makes them. */
import assert from 'node:assert/strict'
import { idBytes } from '../../src/protocol/ids.ts'
import { bareBase64url } from '../../src/protocol/text.ts'

export const adminToken = 'the-token-of-the-tests'

export const idText = (id: string): string => bareBase64url(idBytes(id))

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: Readonly<Record<string, unknown>>
}

const answerOf = async (response: Response): Promise<Answer> => {
  const { status, headers } = response
  assert.equal(headers.get('content-type'), 'application/json; charset=utf-8')
  assert.equal(headers.get('cache-control'), 'no-store')
  assert.equal(headers.get('access-control-allow-origin'), null)
  return { status, headers, body: Object(await response.json()) }
}

export class Admin {
  readonly port: number

  constructor(port: number) {
    this.port = port
  }

  /** Anything; without the token unless `init` has it. */
  async fetch(path: string, init: RequestInit = {}): Promise<Answer> {
    return answerOf(await fetch(`http://127.0.0.1:${this.port}${path}`, init))
  }

  send(path: string, { headers, ...init }: RequestInit = {}): Promise<Answer> {
    const authorization = `Bearer ${adminToken}`
    return this.fetch(path, { ...init, headers: { authorization, ...Object(headers) } })
  }

  /** POST with a body of JSON. */
  post(path: string, body: unknown): Promise<Answer> {
    return this.send(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    })
  }

  /** An operation on a queue. */
  queue(operation: string, id: string, more: object = {}): Promise<Answer> {
    return this.post(`/v1/queues/${operation}`, { id: idText(id), ...more })
  }

  async blockedToday(): Promise<unknown> {
    return Object((await this.send('/v1/stats')).body.cluster).blockedToday
  }
}
