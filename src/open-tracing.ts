/** Tracing by the settings; without an endpoint its SDK is not even loaded. */
import type { Logger } from 'pino'
import type { Settings } from './config/settings.ts'
import { packageVersion } from './package-version.ts'
import type { Tracing } from './tracing/tracing.ts'

export const openTracing = async (
  { otlpEndpoint: endpoint, traceRatio: ratio }: Settings,
  log: Logger,
): Promise<Tracing | undefined> => {
  if (endpoint === undefined) return undefined
  const { openOtel } = await import('./tracing/otel.ts')
  const watch = {
    failing: (reason: string) => log.warn({ reason }, 'traces cannot be exported'),
    working: () => log.info('traces are exported again'),
  }
  return openOtel({ endpoint, ratio, version: packageVersion(), watch })
}
