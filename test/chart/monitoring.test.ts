/** What Prometheus, Grafana and autoscalers get. */
import assert from 'node:assert/strict'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { allOf, at, chartFolder, listAt, one, render, type Values } from './support/chart.ts'
import { external } from './support/values.ts'

suite('the number of relays', () => {
  const replicas = (values: Values) => at(one(render(values), 'Deployment'), 'spec.replicas')
  const target = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'sluice' }
  const scaler = (autoscaling: object) =>
    one(
      render({ ...external, autoscaling: { enabled: true, ...autoscaling } }),
      'HorizontalPodAutoscaler',
    )
  const scaled = (keda: object) =>
    one(render({ ...external, keda: { enabled: true, ...keda } }), 'ScaledObject')

  test('is set, unless an autoscaler sets it', () => {
    assert.equal(replicas(external), 3)
    assert.equal(replicas({ ...external, replicaCount: 5 }), 5)
    assert.equal(replicas({ ...external, autoscaling: { enabled: true } }), undefined)
    assert.equal(replicas({ ...external, keda: { enabled: true } }), undefined)
    for (const kind of ['HorizontalPodAutoscaler', 'ScaledObject'])
      assert.equal(allOf(render(external), kind).length, 0)
  })
  test('follows CPU', () => {
    assert.deepEqual(at(scaler({}), 'spec.scaleTargetRef'), target)
    assert.deepEqual(at(scaler({}), 'spec.metrics'), [
      {
        type: 'Resource',
        resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 70 } },
      },
    ])
  })
  test('follows connections', () => {
    const given = scaler({ cpuUtilization: null, connectionsPerPod: 20000 })
    assert.deepEqual(at(given, 'spec.metrics'), [
      {
        type: 'Pods',
        pods: {
          metric: { name: 'sluice_connections' },
          target: { type: 'AverageValue', averageValue: '20000' },
        },
      },
    ])
  })
  test('follows what else one names, between its limits', () => {
    const metrics = [{ type: 'External', external: { metric: { name: 'x' } } }]
    const given = scaler({ cpuUtilization: null, metrics, minReplicas: 2, maxReplicas: 40 })
    assert.deepEqual(at(given, 'spec.metrics'), metrics)
    assert.deepEqual([at(given, 'spec.minReplicas'), at(given, 'spec.maxReplicas')], [2, 40])
  })
  test('falls slowly, as every relay less moves connections', () => {
    for (const behavior of [
      at(scaler({}), 'spec.behavior'),
      at(scaled({}), 'spec.advanced.horizontalPodAutoscalerConfig.behavior'),
    ]) {
      assert.equal(at(behavior, 'scaleDown.stabilizationWindowSeconds'), 900)
      assert.deepEqual(at(behavior, 'scaleDown.policies'), [
        { type: 'Pods', value: 1, periodSeconds: 300 },
      ])
    }
  })
  test('is set by KEDA, by CPU and by connections', () => {
    const serverAddress = 'http://prometheus:9090'
    const given = scaled({ prometheus: { serverAddress, authenticationRef: { name: 'auth' } } })
    assert.deepEqual(at(given, 'spec.scaleTargetRef'), { name: 'sluice' })
    assert.deepEqual(at(given, 'spec.triggers'), [
      { type: 'cpu', metricType: 'Utilization', metadata: { value: '70' } },
      {
        type: 'prometheus',
        metadata: {
          serverAddress,
          query: 'sum(sluice_connections{namespace="smp",pod=~"sluice-.*"})',
          threshold: '10000',
        },
        authenticationRef: { name: 'auth' },
      },
    ])
    const triggers = [{ type: 'cron', metadata: {} }]
    assert.deepEqual(at(scaled({ cpuUtilization: null, triggers }), 'spec.triggers'), triggers)
  })
  test('does not fall by more than one through evictions', () => {
    const budget = (values: object) =>
      one(render({ ...external, podDisruptionBudget: values }), 'PodDisruptionBudget')
    assert.equal(at(budget({}), 'spec.maxUnavailable'), 1)
    assert.equal(at(budget({}), 'spec.minAvailable'), undefined)
    assert.equal(at(budget({}), 'spec.unhealthyPodEvictionPolicy'), 'AlwaysAllow')
    assert.equal(at(budget({ minAvailable: '50%' }), 'spec.minAvailable'), '50%')
    assert.equal(at(budget({ minAvailable: '50%' }), 'spec.maxUnavailable'), undefined)
    const off = { ...external, podDisruptionBudget: { enabled: false } }
    assert.equal(allOf(render(off), 'PodDisruptionBudget').length, 0)
    // it would keep the node of the only relay from being drained
    const single = { inMemory: true, replicaCount: 1 }
    assert.equal(allOf(render(single), 'PodDisruptionBudget').length, 0)
  })
})

suite('Prometheus', () => {
  const labels = at(one(render(external), 'Deployment'), 'spec.selector.matchLabels')
  const endpoint = { port: 'ops', path: '/metrics', interval: '30s', scrapeTimeout: '10s' }

  test('finds pods', () => {
    const podMonitor = { enabled: true, labels: { release: 'a' }, namespace: 'monitoring' }
    const monitor = one(render({ ...external, metrics: { podMonitor } }), 'PodMonitor')
    assert.deepEqual(at(monitor, 'spec.selector.matchLabels'), labels)
    assert.deepEqual(at(monitor, 'spec.podMetricsEndpoints'), [endpoint])
    assert.deepEqual(at(monitor, 'spec.namespaceSelector'), { matchNames: ['smp'] })
    assert.equal(monitor.metadata.namespace, 'monitoring')
    assert.equal(monitor.metadata.labels?.release, 'a')
  })
  test('finds a Service, which has relays that are not ready too', () => {
    const relabelings = [{ action: 'labeldrop', regex: 'pod' }]
    const serviceMonitor = { enabled: true, relabelings, metricRelabelings: relabelings }
    const manifests = render({ ...external, metrics: { serviceMonitor } })
    const service = one(manifests, 'Service', 'sluice-ops')
    const monitor = one(manifests, 'ServiceMonitor')
    assert.deepEqual(at(service, 'spec.selector'), labels)
    assert.equal(at(service, 'spec.publishNotReadyAddresses'), true)
    const wanted = at(monitor, 'spec.selector.matchLabels') as Record<string, string>
    for (const [label, value] of Object.entries(wanted))
      assert.equal(service.metadata.labels?.[label], value, label)
    // no other Service has these labels
    assert.notEqual(
      one(manifests, 'Service', 'sluice').metadata.labels?.['app.kubernetes.io/component'],
      wanted['app.kubernetes.io/component'],
    )
    assert.deepEqual(at(monitor, 'spec.endpoints'), [
      { ...endpoint, relabelings, metricRelabelings: relabelings },
    ])
  })
  test('is not told of anything by itself', () => {
    for (const kind of ['PodMonitor', 'ServiceMonitor', 'PrometheusRule'])
      assert.equal(allOf(render(external), kind).length, 0, kind)
  })
})

suite('files of the chart', () => {
  let folder = ''
  const alert = {
    alert: 'Down',
    expr: 'up == 0',
    annotations: { summary: 'it is {{ $value }} of {{ $labels.pod }}' },
  }
  const dashboard = { title: 'Relays', panels: [{ title: '{{ pod }}' }] }

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'sluice-chart-'))
    cpSync(chartFolder, folder, { recursive: true, dereference: true })
    for (const kind of ['rules', 'dashboards']) {
      rmSync(join(folder, 'files', kind), { recursive: true })
      mkdirSync(join(folder, 'files', kind))
    }
    for (const name of ['a', 'b'])
      writeFileSync(
        join(folder, `files/rules/${name}.yaml`),
        JSON.stringify({ groups: [{ name, rules: [alert] }] }),
      )
    writeFileSync(join(folder, 'files/dashboards/relays.json'), JSON.stringify(dashboard, null, 2))
  })
  after(() => rmSync(folder, { recursive: true }))

  test('are rules, with their own templates untouched', () => {
    const extraGroups = [{ name: 'own', rules: [] }]
    const prometheusRule = { enabled: true, labels: { role: 'alerts' }, extraGroups }
    const rule = one(
      render({ ...external, metrics: { prometheusRule } }, { chart: folder }),
      'PrometheusRule',
    )
    assert.equal(rule.metadata.labels?.role, 'alerts')
    const groups = listAt(rule, 'spec.groups')
    assert.deepEqual(groups.map((group) => at(group, 'name')).sort(), ['a', 'b', 'own'])
    assert.deepEqual(
      groups.filter((group) => at(group, 'name') === 'a'),
      [{ name: 'a', rules: [alert] }],
    )
  })
  test('are dashboards, each a ConfigMap for the sidecar of Grafana', () => {
    const metrics = { dashboards: { enabled: true, namespace: 'grafana' } }
    const map = one(
      render({ ...external, metrics }, { chart: folder }),
      'ConfigMap',
      'sluice-dashboard-relays',
    )
    assert.equal(map.metadata.labels?.grafana_dashboard, '1')
    assert.equal(map.metadata.annotations?.grafana_folder, 'Sluice')
    assert.equal(map.metadata.namespace, 'grafana')
    const data = map.data as Record<string, string>
    assert.deepEqual(JSON.parse(data['relays.json'] ?? ''), dashboard)
    assert.equal(allOf(render(external, { chart: folder }), 'ConfigMap').length, 1)
  })
})
