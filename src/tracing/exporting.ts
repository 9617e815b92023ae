/** Finished spans to a collector. What goes wrong there is told once, and disturbs nothing else. */
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import type { SpanExporter } from '@opentelemetry/sdk-trace'

type Result = Parameters<Parameters<SpanExporter['export']>[1]>[0]

/** `failed`: the collector did not take them; `dropped`: too many waited. */
export type SpanEnd = 'exported' | 'failed' | 'dropped'

export interface ExportWatch {
  /** The first time after it went well; `reason` names no more than a code or a status. */
  failing(reason: string): void
  /** The first time after it failed. */
  working(): void
  /** So many have come to their end. */
  ended(outcome: SpanEnd, spans: number): void
}

interface ExportingOptions {
  readonly watch: ExportWatch
  /** So many wait no more, however they end. */
  readonly onTaken: (spans: number) => void
}

const PATH = 'v1/traces'
/** Batches on their way; more are dropped. */
const CONCURRENCY = 4

/** As `OTEL_EXPORTER_OTLP_ENDPOINT` is read: the path of the signal is added. */
const urlOf = (endpoint: string): string => `${endpoint.replace(/\/+$/, '')}/${PATH}`

const WORDS = /^[A-Z][A-Z0-9_]{1,40}$|^[1-5]\d\d$/

/** The text of an error may quote an answer. */
const reasonOf = (error: unknown): string => {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : ''
  return WORDS.test(`${code}`) ? `${code}` : 'no answer in time'
}

export class Exporting implements SpanExporter {
  readonly #exporter: OTLPTraceExporter
  readonly #watch: ExportWatch
  readonly #onTaken: (spans: number) => void
  #isFailing = false

  /** `endpoint`: `http` or `https`; headers, certificates and compression are those of `OTEL_…`. */
  constructor(endpoint: string, { watch, onTaken }: ExportingOptions) {
    this.#watch = watch
    this.#onTaken = onTaken
    this.#exporter = new OTLPTraceExporter({ url: urlOf(endpoint), concurrencyLimit: CONCURRENCY })
  }

  export(spans: Parameters<SpanExporter['export']>[0], done: (result: Result) => void): void {
    this.#onTaken(spans.length)
    this.#exporter.export(spans, (result) => {
      this.#watch.ended(result.code === 0 ? 'exported' : 'failed', spans.length)
      this.#watchResult(result)
      done(result)
    })
  }

  async shutdown(): Promise<void> {
    await this.#exporter.shutdown()
  }

  #watchResult({ code, error }: Result): void {
    const isFailing = code !== 0
    if (isFailing === this.#isFailing) return
    this.#isFailing = isFailing
    if (isFailing) this.#watch.failing(reasonOf(error))
    else this.#watch.working()
  }
}
