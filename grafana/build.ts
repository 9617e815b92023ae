/**
 * Dashboards, and rules for Prometheus. After a change: node grafana/build.ts
 */
import { writeFileSync } from 'node:fs'
import { podAlerts } from './alerts/pod-alerts.ts'
import { sloRules } from './alerts/slo-alerts.ts'
import { storeAlerts } from './alerts/store-alerts.ts'
import { boardJson } from './board.ts'
import { abuseAndErrors } from './boards/abuse-and-errors.ts'
import { fleet } from './boards/fleet.ts'
import { pod } from './boards/pod.ts'
import { redisAndDelivery } from './boards/redis-and-delivery.ts'
import { slo } from './boards/slo.ts'
import { rulesYaml } from './rule.ts'

export const boards = [fleet, pod, redisAndDelivery, abuseAndErrors, slo]

export const alertGroups = [...podAlerts, ...storeAlerts]
export const alerts = [...alertGroups, ...sloRules].flatMap((group) => group.alerts ?? [])

/** Text by path, relative to this folder. */
export const files: ReadonlyMap<string, string> = new Map([
  ...boards.map(
    (board) =>
      [`dashboards/${board.name}.json`, `${JSON.stringify(boardJson(board), null, 2)}\n`] as const,
  ),
  ['rules/alerts.yaml', rulesYaml('grafana/alerts', alertGroups)],
  ['rules/slo.yaml', rulesYaml('grafana/slo.ts', sloRules)],
])

if (import.meta.main)
  for (const [path, text] of files) writeFileSync(new URL(path, import.meta.url), text)
