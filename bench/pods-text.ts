/** What messages cost with more pods, as a readable table. */
import { spreadCells, titled } from './figures-text.ts'
import type { PodsFigures } from './measure-pods.ts'
import { tableText } from './report.ts'

export const podsText = ({ redis, ways }: PodsFigures): string => {
  const placements = [...new Set(ways.map(({ placement }) => placement))]
  const sorted = placements.flatMap((placement) =>
    ways.filter((way) => way.placement === placement),
  )
  return titled(
    `pods: messages of 16,048 bytes, 50 a second through each of 1, 2 and 4 pods on ${redis}`,
    tableText(
      [
        'sender and recipient',
        'pods',
        'across, %',
        'messages',
        'all pods, us each',
        'rounds',
        'Redis, us each',
        'rounds',
        'both: ratio',
        'rounds',
      ],
      sorted.map(({ placement, pods, across, delivered, ...costs }) => [
        placement,
        String(pods),
        String(across),
        String(delivered),
        ...spreadCells(costs.cpuPerMessage),
        ...spreadCells(costs.redisCpuPerMessage),
        ...spreadCells(costs.ratio),
      ]),
    ),
  )
}
