/** Queries of panels: what Kubernetes adds as labels may be there or not. */

/** One relay is what one `job` scrapes; the labels before it are those of Kubernetes. */
export const RELAY = 'cluster, namespace, job'
export const POD = 'pod, instance'
/** Legend of a pod: without Kubernetes only the second one is there. */
export const POD_LEGEND = '{{pod}} {{instance}}'

const variables = ['cluster', 'namespace', 'job', 'pod'] as const

export type Variable = (typeof variables)[number]

/** `.*`, which stands for all, also matches where there is no such label. */
const scope = (of: readonly Variable[]): string => of.map((name) => `${name}=~"$${name}"`).join(',')

const braces = (...parts: readonly string[]): string => `{${parts.filter(Boolean).join(',')}}`

/** Of the chosen pods. `labels` as PromQL has them. */
export const of = (name: string, labels = ''): string => name + braces(scope(variables), labels)

/** Of the chosen relays, for what is recorded without its pods. */
export const ofRelays = (name: string, labels = ''): string =>
  name + braces(scope(['cluster', 'namespace', 'job']), labels)

export const rate = (name: string, labels = ''): string =>
  `rate(${of(name, labels)}[$__rate_interval])`

export const increase = (name: string, labels = ''): string =>
  `increase(${of(name, labels)}[$__rate_interval])`

const by = (labels: string): string => (labels === '' ? '' : ` by (${labels})`)

export const sum = (vector: string, labels = ''): string => `sum${by(labels)} (${vector})`
export const max = (vector: string, labels = ''): string => `max${by(labels)} (${vector})`

/** What every pod of a cluster says alike, once for each cluster. */
export const once = (name: string, labels = ''): string => sum(max(of(name, labels), RELAY))

/** Of what was measured in the present interval. */
export const quantile = (q: number, name: string, labels = '', groups = ''): string => {
  const buckets = sum(rate(`${name}_bucket`, labels), ['le', groups].filter(Boolean).join(', '))
  return `histogram_quantile(${q}, ${buckets})`
}

/** Of what a pod may not have, such as a proxy: 0. */
export const orZero = (expression: string): string => `${expression} or vector(0)`

/** Of many series by a label those that are above 0; `none`, while none is. */
export const orNone = (expression: string, label: string): string =>
  `${expression} > 0 or on () label_replace(vector(0), "${label}", "none", "", "")`
