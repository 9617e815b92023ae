/** Metrics as text, in the format that who asks prefers: that of Prometheus, or OpenMetrics. */
import { Gauge, type Metric, type OpenMetricsContentType, Registry } from 'prom-client'
import type { Histogram } from '../measures/histogram.ts'
import { prefersOpenMetrics } from './accept.ts'
import type { Family, Sample } from './family.ts'
import type { Subject } from './subject.ts'

interface Value {
  readonly metricName: string
  readonly labels: Readonly<Record<string, string | number>>
  readonly value: number
  readonly exemplar?: {
    readonly labelSet: Readonly<Record<string, string>>
    readonly value: number
    readonly timestamp: number
  }
}

/** OpenMetrics writes bounds as fractions. */
const boundText = (bound: number | undefined, isOpen: boolean): string => {
  if (bound === undefined) return '+Inf'
  return isOpen && Number.isInteger(bound) ? bound.toFixed(1) : `${bound}`
}

const ofHistogram = (
  name: string,
  labels: Value['labels'],
  histogram: Histogram,
  isOpen: boolean,
): readonly Value[] => {
  let count = 0
  const buckets = Array.from(histogram.counts, (inRange, range): Value => {
    count += inRange
    const exemplar = histogram.exemplars?.[range]
    return {
      metricName: `${name}_bucket`,
      labels: { ...labels, le: boundText(histogram.bounds[range], isOpen) },
      value: count,
      ...(exemplar && {
        exemplar: {
          labelSet: { trace_id: exemplar.traceId },
          value: exemplar.value,
          timestamp: exemplar.at,
        },
      }),
    }
  })
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels, value: histogram.sum },
    { metricName: `${name}_count`, labels, value: count },
  ]
}

const TOTAL = /_total$/

/**
 * OpenMetrics wants the names of counters to end in `_total`. Those of the reference do not, and
 * keep their names, so that one dashboard is good for both formats: without a type there.
 */
const formOf = ({ name, type }: Pick<Family, 'name' | 'type'>, isOpen: boolean) => {
  if (!isOpen || type !== 'counter') return { name, type }
  return TOTAL.test(name) ? { name: name.replace(TOTAL, ''), type } : { name, type: 'unknown' }
}

/** What prom-client asks for its values, with values from elsewhere. */
class Exported extends Gauge {
  readonly #family: Family
  readonly #subject: Subject
  readonly #isOpen: boolean

  constructor(family: Family, subject: Subject, isOpen: boolean) {
    super({ name: family.name, help: family.help, registers: [] })
    this.#family = family
    this.#subject = subject
    this.#isOpen = isOpen
  }

  override async get() {
    const form = formOf(this.#family, this.#isOpen)
    const values = [...this.#family.read(this.#subject)].flatMap((sample) =>
      this.#values(form.name, sample),
    )
    return Object.assign(await super.get(), form, { values })
  }

  #values(name: string, [given, value]: Sample): readonly Value[] {
    const labels = Object.fromEntries(
      this.#family.labels.map((label, index) => [label, given[index] ?? '']),
    )
    return typeof value === 'number'
      ? [{ metricName: name, labels, value }]
      : ofHistogram(name, labels, value, this.#isOpen)
  }
}

/** One of prom-client's own, which it would rename for both formats. */
class Passed extends Gauge {
  readonly #metric: Metric
  readonly #isOpen: boolean

  constructor(
    metric: Metric,
    { name, help, isOpen }: { name: string; help: string; isOpen: boolean },
  ) {
    super({ name, help, registers: [] })
    this.#metric = metric
    this.#isOpen = isOpen
  }

  override async get() {
    const data = await this.#metric.get()
    const name =
      this.#isOpen && `${data.type}` === 'counter' ? data.name.replace(TOTAL, '') : data.name
    return Object.assign({ ...data }, { name })
  }
}

type AnyRegistry = Registry | Registry<OpenMetricsContentType>

const fill = async (
  registry: AnyRegistry,
  subject: Subject,
  families: readonly Family[],
  others: readonly Metric[],
): Promise<void> => {
  const isOpen = registry.contentType === Registry.OPENMETRICS_CONTENT_TYPE
  for (const family of families) registry.registerMetric(new Exported(family, subject, isOpen))
  for (const metric of others) {
    const { name, help } = await metric.get()
    registry.registerMetric(new Passed(metric, { name, help, isOpen }))
  }
}

export interface Exposed {
  readonly type: string
  readonly body: string
}

/** All metrics, with one set of values in both formats. */
export class Exposition {
  readonly #plain = new Registry()
  readonly #open = new Registry<OpenMetricsContentType>()

  static async of(
    subject: Subject,
    families: readonly Family[],
    others: readonly Metric[],
  ): Promise<Exposition> {
    const exposition = new Exposition()
    exposition.#open.setContentType(Registry.OPENMETRICS_CONTENT_TYPE)
    await fill(exposition.#plain, subject, families, others)
    await fill(exposition.#open, subject, families, others)
    return exposition
  }

  /** @param accept the header of that name */
  async text(accept: string | undefined): Promise<Exposed> {
    const registry = prefersOpenMetrics(accept) ? this.#open : this.#plain
    return { type: registry.contentType, body: await registry.metrics() }
  }
}
