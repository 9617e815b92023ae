/** The figures of a rollout as a readable table. */
import type { RollingFigures } from './measure-rolling.ts'
import { figure, tableText } from './report.ts'

const share = (part: number, whole: number): string =>
  `${((100 * part) / Math.max(1, whole)).toFixed(3)} %`

export const rollingText = (figures: RollingFigures): string => {
  const { connections, acknowledged, delivered, lost, outOfOrder, wrong, unanswered } = figures
  const succeeded = connections.tried - connections.failed
  const rows = [
    ['messages acknowledged', `${acknowledged}`],
    ['messages delivered', `${delivered}`],
    ['acknowledged and lost', `${lost}`],
    ['delivered out of order', `${outOfOrder}`],
    ['delivered twice or to somebody else', `${wrong}`],
    ['SENDs without an answer, sent again by real clients', `${unanswered}`],
    ['connections tried', `${connections.tried}`],
    ['of which succeeded', `${succeeded} (${share(succeeded, connections.tried)})`],
    ['seconds from SIGTERM to the end, each pod', figures.seconds.map(figure).join(', ')],
    ['exit codes', figures.exitCodes.join(', ')],
  ]
  const title =
    `## rolling: ${figures.pods} pods on ${figures.redis} replaced one by one under load, ` +
    `${figures.idle} idle connections, SLUICE_DRAIN_SECONDS ${figures.drainSeconds}`
  return `${title}\n\n${tableText(['a rollout', ''], rows)}`
}
