/** Tracing by the settings; without an endpoint its SDK is not even loaded. */
import type { Logger } from 'pino'
import type { Settings } from './config/settings.ts'
import { type Measures, SpanMeasures } from './measures/measures.ts'
import { packageVersion } from './package-version.ts'
import type { ExportWatch } from './tracing/exporting.ts'
import type { Tracing } from './tracing/tracing.ts'

export interface TracingFor {
  readonly settings: Pick<Settings, 'otlpEndpoint' | 'traceRatio'>
  readonly log: Logger
  readonly ops?: { readonly measures: Measures } | undefined
}

export const openTracing = async ({
  settings: { otlpEndpoint: endpoint, traceRatio: ratio },
  log,
  ops,
}: TracingFor): Promise<Tracing | undefined> => {
  if (endpoint === undefined) return undefined
  const { openOtel } = await import('./tracing/otel.ts')
  const spans = new SpanMeasures()
  if (ops !== undefined) ops.measures.spans = spans
  const watch: ExportWatch = {
    failing: (reason) => log.warn({ reason }, 'traces cannot be exported'),
    working: () => log.info('traces are exported again'),
    ended: (outcome, count) => spans.add(outcome, count),
  }
  return openOtel({ endpoint, ratio, version: packageVersion(), watch })
}
