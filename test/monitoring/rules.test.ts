/** Each alert fires when it is to, says what it is to say, and is silent otherwise. */
import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { sloRules } from '../../grafana/alerts/slo-alerts.ts'
import { alertGroups, alerts } from '../../grafana/build.ts'
import { type Alert, runbookOf } from '../../grafana/rule.ts'
import type { Case, Firing } from './cases/case.ts'
import { podCases } from './cases/pod-cases.ts'
import { sloCases } from './cases/slo-cases.ts'
import { storeCases } from './cases/store-cases.ts'
import { filesOf } from './support/dashboards.ts'
import { promtool } from './support/promtool.ts'

const cases = [...podCases, ...storeCases, ...sloCases]

const ruleFiles = Object.keys(filesOf('rules')).map((name) =>
  fileURLToPath(new URL(`../../grafana/rules/${name}`, import.meta.url)),
)

const isOf = ({ severity, labels }: Firing, alert: Alert): boolean =>
  severity === alert.severity && labels.window === alert.labels?.window

const alertOf = (name: string, firing: Firing): Alert =>
  alerts.find((alert) => alert.name === name && isOf(firing, alert)) ??
  assert.fail(`there is no ${firing.severity} ${name}`)

/** YAML, as all JSON is. */
const testFile = ({ alert, series, at, firing }: Case): string =>
  JSON.stringify({
    rule_files: ruleFiles,
    evaluation_interval: '1m',
    // any order otherwise, and an alert may see what was recorded a minute before
    group_eval_order: [...sloRules, ...alertGroups].map(({ name }) => name),
    tests: [
      {
        interval: '1m',
        input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
        alert_rule_test: [
          {
            eval_time: at,
            alertname: alert,
            exp_alerts: firing.map((one) => {
              const rule = alertOf(alert, one)
              return {
                exp_labels: { ...one.labels, severity: one.severity },
                exp_annotations: {
                  summary: rule.summary,
                  description: one.description,
                  runbook_url: runbookOf(rule),
                },
              }
            }),
          },
        ],
      },
    ],
  })

test('promtool finds the rules in order', async () => {
  const { code, output } = await promtool(['check', 'rules', ...ruleFiles])
  assert.equal(code, 0, output)
  assert.equal(output.match(/SUCCESS/g)?.length, ruleFiles.length, output)
})

test('there are cases in which each alert fires, and in which it does not', () => {
  for (const alert of alerts) {
    const own = cases.filter(({ alert: name }) => name === alert.name)
    assert.ok(
      own.some(({ firing }) => firing.some((one) => isOf(one, alert))),
      `${alert.severity} ${alert.name} fires`,
    )
    assert.ok(
      own.some(({ firing }) => firing.length === 0),
      `${alert.name} is silent`,
    )
  }
})

describe('promtool', () => {
  for (const one of cases)
    test(`${one.alert} ${one.firing.length > 0 ? 'fires' : 'is silent'}: ${one.what}`, async (t) => {
      const directory = await mkdtemp(join(tmpdir(), 'sluice-rules-'))
      t.after(() => rm(directory, { recursive: true }))
      const file = join(directory, 'case.yaml')
      await writeFile(file, testFile(one))
      const { code, output } = await promtool(['test', 'rules', file])
      assert.equal(code, 0, output)
    })
})
