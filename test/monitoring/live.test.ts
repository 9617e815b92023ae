/**
 * A Prometheus that scrapes a loaded cluster answers every query of every panel with data, and
 * finds no fault in the rules.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { alerts } from '../../grafana/build.ts'
import { openClient } from '../../src/client/index.ts'
import { Audit } from '../support/audit.ts'
import { Load } from '../support/load.ts'
import { pageAt } from '../support/ops-relay.ts'
import { type Pod, Pods } from '../support/pods.ts'
import { until } from '../support/redis/until.ts'
import { type RedisServer, startRedis } from '../support/redis.ts'
import { dashboards, filesOf, metricsIn, type Target, withVariables } from './support/dashboards.ts'
import { Prometheus } from './support/prometheus.ts'
import { promtool } from './support/promtool.ts'

/** Of the panels' range; Grafana takes at least four scrapes for a rate. */
const SHOWN_SECONDS = 60
const GRAFANA = { __rate_interval: '4s', __range: `${SHOWN_SECONDS}s` }
const CHURN_MS = 50

const opsPort = ({ log }: Pod): number =>
  Number(/"opsPort":(\d+)/.exec(log)?.[1] ?? assert.fail(`no port for operators in: ${log}`))

/** As Kubernetes labels them, and as one writes them by hand. */
const configuration = (ports: readonly number[]): string => `
global: { scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s }
rule_files: ['*.yaml']
scrape_configs:
  - job_name: static
    static_configs: [{ targets: [${ports.map((port) => `'127.0.0.1:${port}'`).join(', ')}] }]
  - job_name: sluice-ops
    static_configs:
${ports
  .map(
    (port, pod) => `      - targets: ['127.0.0.1:${port}']
        labels: { cluster: west, namespace: chat, pod: sluice-${pod} }`,
  )
  .join('\n')}
`

/** So that nobody waits two minutes for the long windows. */
const eagerRules = Object.fromEntries(
  Object.entries(filesOf('rules')).map(([name, text]) => [
    name,
    text.replaceAll('interval: 2m', 'interval: 1s'),
  ]),
)

const choices = {
  'all of everything': { cluster: '.*', namespace: '.*', job: '.*', pod: '.*' },
  'pods in Kubernetes': {
    cluster: 'west',
    namespace: 'chat',
    job: 'sluice-ops',
    pod: '(sluice-0|sluice-1)',
  },
  'relays without labels': { cluster: '.*', namespace: '.*', job: 'static', pod: '.*' },
}

let redis: RedisServer
let pods: Pods
let prometheus: Prometheus
let load: Load
const churn = new AbortController()
let churned: Promise<void> | undefined

/** Clients that come and go. */
const comeAndGo = async (): Promise<void> => {
  for (let n = 0; !churn.signal.aborted; n += 1) {
    await using client = await openClient({ address: pods.at(n % 2).address })
    await client.ping()
    // not waiting for anything: the rate of the load
    await delay(CHURN_MS)
  }
}

before(async () => {
  redis = await startRedis({ args: ['--maxmemory', '256mb'] })
  const env = { SLUICE_LOG_LEVEL: 'info', SLUICE_QUEUE_QUOTA: '100000' }
  pods = await Pods.start({ url: redis.url, count: 2, env })
  prometheus = await Prometheus.start({
    ...eagerRules,
    'prometheus.yml': configuration(pods.all.map(opsPort)),
  })
  load = await Load.start({ pods, audit: new Audit() })
  churned = comeAndGo()
  await load.progress(50, 'before Prometheus is asked')
  await until('Prometheus knows both pods in both ways', async () => {
    const [ready] = await prometheus.instant('count(sluice_ready == 1)')
    return ready?.values[0]?.[1] === 4
  })
  await until('all windows of all objectives are recorded, for both jobs', async () => {
    const all = await prometheus.instant('{__name__=~"sluice:slo_errors:ratio_rate.*"}')
    return all.length === 3 * 5 * 2
  })
})

after(async () => {
  churn.abort()
  await churned
  await load?.[Symbol.asyncDispose]()
  await prometheus?.[Symbol.asyncDispose]()
  await pods?.[Symbol.asyncDispose]()
  await redis?.[Symbol.asyncDispose]()
})

const labelsOf = (legend: string): readonly string[] =>
  [...legend.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = '']) => label)

/**
 * Whether there is a number in what a query gives; a quantile of nothing is NaN. Its legend then
 * says something of each series.
 */
const hasData = async (target: Target, chosen: Readonly<Record<string, string>>) => {
  const { expr, instant, legendFormat } = target
  const query = withVariables(expr, { ...GRAFANA, ...chosen })
  assert.doesNotMatch(query, /\$/)
  const series = instant
    ? await prometheus.instant(query)
    : await prometheus.range(query, SHOWN_SECONDS)
  const labels = labelsOf(legendFormat)
  for (const { metric } of series)
    assert.ok(labels.length === 0 || labels.some((label) => metric[label]), legendFormat)
  return series.some(({ values }) => values.some(([, value]) => Number.isFinite(value)))
}

for (const [choice, chosen] of Object.entries(choices))
  describe(`with ${choice}`, { timeout: 300_000 }, () => {
    for (const [file, { panels }] of dashboards())
      test(`every panel of ${file} has data`, async () => {
        const queries = panels.flatMap(({ title, targets = [] }) =>
          targets.map((target) => ({ title, target })),
        )
        assert.ok(queries.length > 0)
        for (const { title, target } of queries)
          await until(`${title}, ${target.legendFormat}: ${target.expr}`, () =>
            hasData(target, chosen),
          )
      })
  })

test('pods know how full their Redis is', async () => {
  const [used] = await prometheus.instant('min(sluice_redis_memory_used_bytes)')
  const [maximum] = await prometheus.instant('min(sluice_redis_memory_max_bytes)')
  assert.equal(maximum?.values[0]?.[1], 256 * 1024 ** 2)
  const bytes = used?.values[0]?.[1] ?? 0
  assert.ok(bytes > 100_000 && bytes < 256 * 1024 ** 2, `${bytes}`)
})

test('variables offer what there is', async () => {
  for (const [, { templating }] of dashboards())
    for (const { name, definition = '' } of templating.list.slice(1)) {
      const [, selector = '', label = ''] = /^label_values\((.*), (\w+)\)$/.exec(definition) ?? []
      assert.equal(label, name)
      const values = await prometheus.labelValues(
        label,
        withVariables(selector, choices['all of everything']),
      )
      const expected = {
        cluster: ['west'],
        namespace: ['chat'],
        job: ['sluice-ops', 'static'],
        pod: ['sluice-0', 'sluice-1'],
      }[name]
      assert.deepEqual(values, expected)
    }
})

describe('rules', () => {
  test('are evaluated without a fault, and nothing fires while all is well', async () => {
    const rules = await prometheus.rules()
    assert.equal(rules.length, alerts.length + 3 * 5)
    for (const { name, health, lastError, state } of rules) {
      assert.equal(health, 'ok', `${name}: ${lastError}`)
      assert.notEqual(state, 'firing', name)
    }
  })

  test('can be asked without a warning', async () => {
    for (const { expr } of alerts) await prometheus.instant(expr)
  })
})

test('what panels and rules ask for is what pods export', async () => {
  const families = await prometheus.families()
  const expressions = [...Object.values(filesOf('dashboards')), ...Object.values(filesOf('rules'))]
  const asked = new Set(expressions.flatMap((text) => [...metricsIn(text)]))
  assert.ok(asked.size > 50)
  for (const name of asked) {
    // OpenMetrics has counters without their ending
    const names = [name, name.replace(/_(bucket|count|sum|total)$/, '')]
    assert.ok(
      names.some((one) => families.has(one)),
      `no pod exports ${name}`,
    )
  }
})

test('every metric of a pod is what promtool expects; names of the reference are not ours', async () => {
  const { status, body } = await pageAt(opsPort(pods.at(0)), '/metrics')
  assert.equal(status, 200)
  const { output } = await promtool(['check', 'metrics'], body)
  const problems = output.split('\n').filter((line) => line !== '')
  assert.deepEqual(
    problems.filter((line) => !line.startsWith('simplex_smp_')),
    [],
  )
})

test('the page of metrics names everything that panels and rules ask for', () => {
  const page = readFileSync(new URL('../../docs/metrics.md', import.meta.url), 'utf8')
  const documented = new Set([...page.matchAll(/^\| `(\w+)`/gm)].map(([, name = '']) => name))
  for (const text of [...Object.values(filesOf('dashboards')), ...Object.values(filesOf('rules'))])
    for (const name of metricsIn(text))
      assert.ok(
        documented.has(name) || documented.has(name.replace(/_(bucket|count|sum)$/, '')),
        name,
      )
})
