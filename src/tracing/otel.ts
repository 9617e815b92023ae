/**
 * Tracing with the SDK of OpenTelemetry, loaded only where it is on. It registers nothing for the
 * process, so several relays in one have theirs; which spans belong together is kept here.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import {
  type Context,
  type Span as OtelSpan,
  ROOT_CONTEXT,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api'
import {
  defaultResource,
  detectResources,
  envDetector,
  type Resource,
  resourceFromAttributes,
} from '@opentelemetry/resources'
import { AlwaysOnSampler, TracerProvider } from '@opentelemetry/sdk-trace'
import type { ExportWatch } from './exporting.ts'
import { describe, isFault, outcomeAttributes, protocol } from './subjects.ts'
import type { Span, Subject, Tracing } from './tracing.ts'
import { WaitingSpans } from './waiting-spans.ts'

/** For what is not exported yet when the relay ends. */
const CLOSE_MS = 1_000

export interface OtelOptions {
  /** `http` or `https`, without the path of the signal. */
  readonly endpoint: string
  /** Of handshakes and blocks, from 0 to 1. */
  readonly ratio: number
  /** Of the relay. */
  readonly version: string
  readonly watch: ExportWatch
}

interface Tools {
  readonly tracer: Tracer
  readonly underWay: AsyncLocalStorage<OtelPart>
}

/** What operators add in `OTEL_RESOURCE_ATTRIBUTES` and `OTEL_SERVICE_NAME` wins. */
const resourceOf = (version: string): Resource =>
  defaultResource()
    .merge(
      resourceFromAttributes({
        'service.name': 'sluice',
        'service.version': version,
        'service.instance.id': randomUUID(),
      }),
    )
    .merge(detectResources({ detectors: [envDetector] }))

/** Milliseconds since the epoch. */
const timeOf = (at: number): number => performance.timeOrigin + at

class OtelPart implements Span {
  readonly #tools: Tools
  readonly #span: OtelSpan

  constructor(tools: Tools, subject: Subject, context: Context, startedAt = performance.now()) {
    this.#tools = tools
    const { name, ...options } = describe(subject)
    this.#span = tools.tracer.startSpan(name, { ...options, startTime: timeOf(startedAt) }, context)
  }

  get traceId(): string {
    return this.#span.spanContext().traceId
  }

  get isOver(): boolean {
    return !this.#span.isRecording()
  }

  part(subject: Subject, startedAt?: number): OtelPart {
    return new OtelPart(this.#tools, subject, trace.setSpan(ROOT_CONTEXT, this.#span), startedAt)
  }

  run<T>(work: () => T): T {
    return this.#tools.underWay.run(this, work)
  }

  end(outcome: string, version?: number): void {
    this.#span.setAttributes(outcomeAttributes(outcome))
    if (version !== undefined) this.#span.setAttributes(protocol(version))
    if (isFault(outcome)) this.#span.setStatus({ code: SpanStatusCode.ERROR })
    this.#span.end(timeOf(performance.now()))
  }
}

class Otel implements Tracing {
  readonly #provider: TracerProvider
  readonly #tools: Tools
  readonly #ratio: number

  constructor({ endpoint, ratio, version, watch }: OtelOptions) {
    this.#provider = new TracerProvider({
      resource: resourceOf(version),
      // what is not to be traced has no span at all
      sampler: new AlwaysOnSampler(),
      spanProcessors: [new WaitingSpans(endpoint, watch)],
    })
    const tracer = this.#provider.getTracer('sluice', version)
    this.#tools = { tracer, underWay: new AsyncLocalStorage() }
    this.#ratio = ratio
  }

  begin(subject: Subject, startedAt?: number): Span | undefined {
    const underWay = this.#underWay
    if (underWay !== undefined) return underWay.part(subject, startedAt)
    if (Math.random() >= this.#ratio) return undefined
    return new OtelPart(this.#tools, subject, ROOT_CONTEXT, startedAt)
  }

  part(subject: Subject): Span | undefined {
    return this.#underWay?.part(subject)
  }

  apart<T>(work: () => T): T {
    return this.#tools.underWay.exit(work)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closing = this.#provider.shutdown().catch(() => undefined)
    await Promise.race([closing, delay(CLOSE_MS, undefined, { ref: false })])
  }

  /** What goes on after an answer is no part of it. */
  get #underWay(): OtelPart | undefined {
    const underWay = this.#tools.underWay.getStore()
    return underWay?.isOver ? undefined : underWay
  }
}

export const openOtel = (options: OtelOptions): Tracing => new Otel(options)
