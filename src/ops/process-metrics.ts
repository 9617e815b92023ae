/** The process as prom-client sees it: CPU, memory, event loop, garbage collection. */
import { collectDefaultMetrics, type Metric, Registry } from 'prom-client'

/** These visit everything that is open, with each scrape. */
const visiting: readonly string[] = [
  'nodejs_active_handles',
  'nodejs_active_handles_total',
  'nodejs_active_requests',
  'nodejs_active_requests_total',
  'nodejs_active_resources',
  'nodejs_active_resources_total',
  'process_open_fds',
]

/** How often the event loop is looked at: a timer each. */
const PRECISION_MS = 20

let collected: readonly Metric[] | undefined

/** Observing a process cannot be stopped, and once is enough. */
export const processMetrics = async (): Promise<readonly Metric[]> => {
  if (collected !== undefined) return collected
  const registry = new Registry()
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: PRECISION_MS })
  for (const name of visiting) registry.removeSingleMetric(name)
  const all = await registry.getMetricsAsJSON()
  collected = all.flatMap(({ name }) => registry.getSingleMetric(name) ?? [])
  return collected
}
