/** A collector of traces (OTLP over HTTP) as relays export to it, and what may be wrong with one. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { z } from 'zod'

const value = z.object({
  stringValue: z.string().optional(),
  intValue: z.union([z.number(), z.string()]).optional(),
})
const attributes = z.array(z.object({ key: z.string(), value }))
const exported = z.object({
  resourceSpans: z.array(
    z.object({
      resource: z.object({ attributes }),
      scopeSpans: z.array(
        z.object({
          spans: z.array(
            z.object({
              traceId: z.string().regex(/^[0-9a-f]{32}$/),
              spanId: z.string().regex(/^[0-9a-f]{16}$/),
              parentSpanId: z.string().optional(),
              name: z.string(),
              kind: z.number(),
              startTimeUnixNano: z.string(),
              endTimeUnixNano: z.string(),
              attributes,
              status: z.object({ code: z.number() }),
            }),
          ),
        }),
      ),
    }),
  ),
})

type Values = Readonly<Record<string, string>>

export interface Collected {
  readonly name: string
  readonly traceId: string
  readonly spanId: string
  readonly parentId: string | undefined
  /** As `SpanKind` counts; on the wire it is one more. */
  readonly kind: number
  /** 0: unset, 2: error. */
  readonly status: number
  readonly milliseconds: number
  readonly attributes: Values
  readonly resource: Values
}

const valuesOf = (list: z.output<typeof attributes>): Values =>
  Object.fromEntries(list.map(({ key, value: v }) => [key, v.stringValue ?? String(v.intValue)]))

const spansOf = (body: string): readonly Collected[] =>
  exported.parse(JSON.parse(body)).resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) =>
      spans.map((span) => ({
        ...{ name: span.name, traceId: span.traceId, spanId: span.spanId, kind: span.kind - 1 },
        parentId: span.parentSpanId || undefined,
        status: span.status.code,
        milliseconds:
          Number(BigInt(span.endTimeUnixNano) - BigInt(span.startTimeUnixNano)) / 1_000_000,
        attributes: valuesOf(span.attributes),
        resource: valuesOf(resource.attributes),
      })),
    ),
  )

/** `hangs`: takes everything and answers nothing. */
export type Manner = 'answers' | 'refuses' | 'hangs'

export class Collector implements AsyncDisposable {
  manner: Manner
  /** As they came: paths, headers, bodies. */
  readonly requests: { readonly path: string; readonly headers: string; readonly body: string }[] =
    []
  readonly #server: Server

  private constructor(manner: Manner) {
    this.manner = manner
    this.#server = createServer((request, response) => {
      const parts: Buffer[] = []
      request.on('data', (part: Buffer) => parts.push(part))
      request.on('end', () => {
        const body = Buffer.concat(parts).toString('latin1')
        const headers = request.rawHeaders.join('\n')
        this.requests.push({ path: request.url ?? '', headers, body })
        if (this.manner === 'hangs') return
        const status = this.manner === 'answers' ? 200 : 403
        response.writeHead(status, { 'content-type': 'application/json' }).end('{}')
      })
    })
  }

  static async start(manner: Manner = 'answers'): Promise<Collector> {
    const collector = new Collector(manner)
    collector.#server.listen(0, '127.0.0.1')
    await once(collector.#server, 'listening')
    return collector
  }

  get endpoint(): string {
    const { port } = this.#server.address() as AddressInfo
    return `http://127.0.0.1:${port}`
  }

  get spans(): readonly Collected[] {
    return this.requests.flatMap(({ body }) => spansOf(body))
  }

  named(name: string): readonly Collected[] {
    return this.spans.filter((span) => span.name === name)
  }

  only(name: string): Collected {
    const [span, ...others] = this.named(name)
    assert.equal(others.length, 0, `one span ${name}`)
    return span ?? assert.fail(`no span ${name}: ${this.spans.map((one) => one.name)}`)
  }

  /** Names from the root to this span. */
  pathOf(span: Collected): string {
    const parent = this.spans.find(({ spanId }) => spanId === span.parentId)
    assert.equal(parent === undefined, span.parentId === undefined, `${span.name}: parent is there`)
    assert.equal(parent?.traceId ?? span.traceId, span.traceId)
    return parent === undefined ? span.name : `${this.pathOf(parent)}/${span.name}`
  }

  get paths(): readonly string[] {
    return this.spans.map((span) => this.pathOf(span)).sort()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.#server.closeAllConnections()
    await closed
  }
}

/** Bytes, one a character, in the forms in which they could be told. */
const formsOf = (text: string): readonly string[] => {
  const bytes = Buffer.from(text, 'latin1')
  const base64 = bytes.toString('base64').replace(/=+$/, '')
  // the last character depends on what follows
  const inner = (form: string) => form.slice(0, -1)
  return [
    ...[text, JSON.stringify(text).slice(1, -1), bytes.toString('hex'), String([...bytes])],
    ...[inner(base64), inner(bytes.toString('base64url'))],
  ]
}

/** Nothing of these is in anything that was exported. */
export const checkSilent = (collector: Collector, secrets: Readonly<Record<string, string>>) => {
  const bodies = collector.requests.map(({ body }) => body).join('\n')
  assert.ok(bodies.length > 0)
  for (const [what, secret] of Object.entries(secrets))
    for (const form of formsOf(secret))
      assert.ok(
        !bodies.toLowerCase().includes(form.toLowerCase()),
        `${what} is in what is exported`,
      )
}
