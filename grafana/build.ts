/**
 * Dashboards, and the rules that follow from the objectives. After a change: node grafana/build.ts
 */
import { writeFileSync } from 'node:fs'
import { boardJson } from './board.ts'
import { abuseAndErrors } from './boards/abuse-and-errors.ts'
import { fleet } from './boards/fleet.ts'
import { pod } from './boards/pod.ts'
import { redisAndDelivery } from './boards/redis-and-delivery.ts'
import { slo } from './boards/slo.ts'
import { sloRules } from './slo-rules.ts'

export const boards = [fleet, pod, redisAndDelivery, abuseAndErrors, slo]

/** Text by path, relative to this folder. */
export const files: ReadonlyMap<string, string> = new Map([
  ...boards.map(
    (board) =>
      [`dashboards/${board.name}.json`, `${JSON.stringify(boardJson(board), null, 2)}\n`] as const,
  ),
  ['rules/slo.yaml', sloRules()],
])

if (import.meta.main)
  for (const [path, text] of files) writeFileSync(new URL(path, import.meta.url), text)
