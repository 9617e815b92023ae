/** The figures of each part as readable tables. */
import { floorTable } from './floor-text.ts'
import type { ClusterMessageFigures, RelayProfile } from './measure-cluster-messages.ts'
import type { HandshakeFigures } from './measure-handshakes.ts'
import type { MemoryFigures } from './measure-memory.ts'
import type { MessageFigures } from './measure-messages.ts'
import type { MetricsFigures } from './measure-metrics.ts'
import type { ResubscriptionFigures } from './measure-resubscription.ts'
import type { ScrapeFigures } from './measure-scrapes.ts'
import type { StorageFigures, Stored } from './measure-storage.ts'
import type { SubscriptionFigures } from './measure-subscriptions.ts'
import type { ProfileEntry } from './processes/own-usage.ts'
import { figure, tableText } from './report.ts'
import type { Percentiles, Spread } from './statistics.ts'

export const spreadCells = ({ median, min, max }: Spread) => [
  median,
  `${figure(min)} to ${figure(max)}`,
]

export const spreadHead = (what: string) => [what, 'median', 'rounds']

export const titled = (title: string, ...blocks: readonly string[]): string =>
  [`## ${title}`, ...blocks].join('\n\n')

const latencyRow = (what: string, { count, p50, p95, p99, max }: Percentiles) => [
  what,
  String(count),
  p50,
  p95,
  p99,
  max,
]

export const messagesText = (figures: MessageFigures): string => {
  const { cpuPerMessage, perSecond, halfLoad } = figures
  return titled(
    `messages: ${figures.delivered} delivered, 16,048 bytes each`,
    tableText(spreadHead('saturated'), [
      ['relay CPU, us a message', ...spreadCells(cpuPerMessage)],
      ['of which in the kernel', figures.systemCpuPerMessage, ''],
      ['so much for one core, messages/s', 1e6 / cpuPerMessage.median, ''],
      ['observed, messages/s', ...spreadCells(perSecond)],
      ['cores the relay had meanwhile', figures.relayCores, ''],
      ['load generator CPU, us a message', figures.loadCpuPerMessage, ''],
    ]),
    floorTable(figures),
    tableText(
      ['SEND written to MSG read, ms', 'messages', 'p50', 'p95', 'p99', 'max'],
      [
        latencyRow('lone messages', figures.loneLatencyMs),
        latencyRow(`half load, ${figure(halfLoad.perSecond)}/s`, halfLoad.latencyMs),
        latencyRow('(of which: the generator was late)', halfLoad.generatorLateMs),
      ],
    ),
  )
}

export const profileText = (profile: readonly ProfileEntry[] | undefined): string =>
  profile === undefined
    ? ''
    : `\n\n${tableText(
        ['relay, self time', 'where', '%'],
        profile.map(({ name, place, share }) => [name, place, 100 * share]),
      )}`

export const subscriptionsText = (figures: SubscriptionFigures): string => {
  const { queues, batch, cpuPerSub, perSecond, cpuPerNew } = figures
  return titled(
    `subscriptions: ${queues} queues, ${batch} SUBs a block, fresh connections`,
    tableText(spreadHead('resubscription'), [
      ['relay CPU, us a SUB', ...spreadCells(cpuPerSub)],
      ['so much for one core, SUBs/s', 1e6 / cpuPerSub.median, ''],
      ['observed, SUBs/s', ...spreadCells(perSecond)],
      ['a million queues on one core, s', cpuPerSub.median, ''],
      ['relay CPU, us a NEW', cpuPerNew, ''],
    ]),
  )
}

export const handshakesText = (list: readonly HandshakeFigures[]): string =>
  titled(
    'handshakes: TCP, TLS 1.3, SMP hellos, PING answered, closed',
    tableText(
      ['groups the client offers', 'relay CPU, us', 'rounds', 'one core, /s', 'observed, /s'],
      list.map(({ groups, cpuPerHandshake, perSecond }) => [
        groups,
        ...spreadCells(cpuPerHandshake),
        1e6 / cpuPerHandshake.median,
        perSecond.median,
      ]),
    ),
  )

const kilobytes = (bytes: number): number => bytes / 1000

export const memoryText = ({ start, growth }: MemoryFigures): string =>
  titled(
    `memory: a relay without connections has ${figure(start.rss / 1e6)} MB`,
    tableText(
      [
        'each, after garbage collection',
        'count',
        'RSS, KB',
        'heap, KB',
        'external, KB',
        'of which arrays',
      ],
      growth.map(({ what, count, rss, heap, external, arrayBuffers }) => [
        what,
        String(count),
        kilobytes(rss),
        kilobytes(heap),
        kilobytes(external),
        kilobytes(arrayBuffers),
      ]),
    ),
  )

export const clusterMessagesText = ({ redis, ways, idle }: ClusterMessageFigures): string =>
  titled(
    `messages through ${redis}: 16,048 bytes each, rounds taken in turns`,
    tableText(
      [
        'relay CPU, us a message',
        'median',
        'rounds',
        'ratio',
        'rounds',
        'goal',
        'Redis CPU, us',
        'observed, messages/s',
      ],
      ways.map(({ way, cpuPerMessage, ratio, goal, redisCpuPerMessage, perSecond }, i) => [
        way,
        ...spreadCells(cpuPerMessage),
        ...spreadCells(ratio),
        goal ?? '',
        // the in-memory store has none
        i === 0 ? '' : redisCpuPerMessage.median,
        perSecond.median,
      ]),
    ),
    tableText(
      ['lone messages, SEND written to MSG read, ms', 'messages', 'p50', 'p95', 'p99', 'max'],
      ways.map(({ way, loneLatencyMs }) => latencyRow(way, loneLatencyMs)),
    ),
    `without clients, ms of CPU a second: ${figure(idle.pod)} a pod, ${figure(idle.redis)} Redis with two`,
  )

export const profilesText = (profiles: readonly RelayProfile[] = []): string =>
  profiles.map(({ relay, entries }) => `\n\n${relay}${profileText(entries)}`).join('')

const goalCell = ({ goal }: Stored) => goal?.toLocaleString('en-US', wholeNumber) ?? ''

const wholeNumber = { maximumFractionDigits: 0 }

export const storageText = (figures: StorageFigures): string => {
  const { redis, prefixBytes, queues, messages, bodyBytes } = figures
  const prefix = prefixBytes === 0 ? '' : `; every key has a prefix of ${prefixBytes} bytes`
  return titled(
    `storage: memory of ${redis} in use${prefix}`,
    tableText(
      ['each', 'count', 'bytes', 'goal'],
      queues.map((stored) => [stored.what, String(stored.count), stored.bytes, goalCell(stored)]),
    ),
    tableText(
      ['full-size message', 'count', 'bytes', 'goal', `% more than the body's ${bodyBytes}`],
      messages.map((stored) => [
        stored.what,
        String(stored.count),
        stored.bytes,
        goalCell(stored),
        (100 * stored.bytes) / bodyBytes - 100,
      ]),
    ),
  )
}

export const resubscriptionText = (figures: ResubscriptionFigures): string => {
  const { redis, pods, batch, populations } = figures
  return titled(
    `resubscription: ${pods} pods on ${redis}, ${batch} SUBs a block, fresh connections`,
    tableText(
      [
        'all pods together',
        'queues',
        'wall, s',
        'pods CPU, us each',
        'rounds',
        'Redis CPU, us each',
        'rounds',
        'each/s',
      ],
      populations.flatMap(({ queues, costs }) =>
        costs.map(({ what, seconds, cpu, redisCpu }) => [
          what,
          String(queues),
          seconds?.median ?? '',
          ...spreadCells(cpu),
          ...spreadCells(redisCpu),
          seconds === undefined ? '' : queues / seconds.median,
        ]),
      ),
    ),
  )
}

export const metricsText = ({ without, counting, morePercent }: MetricsFigures): string =>
  titled(
    'metrics: the same messages with and without an operations port, in turns',
    tableText(
      ['saturated', 'median', 'rounds; of the last 95 % sure'],
      [
        ['relay CPU without, us a message', ...spreadCells(without)],
        ['relay CPU with it, us a message', ...spreadCells(counting)],
        ['more, in %', ...spreadCells(morePercent)],
      ],
    ),
  )

export const scrapesText = ({ connections, samples, milliseconds, cpu }: ScrapeFigures): string => {
  const head = ['/metrics, ms', 'count', 'p50', 'p95', 'p99', 'max']
  return titled(
    `scrapes: ${samples} samples, with ${connections} connections; ${figure(cpu)} ms of relay CPU each`,
    tableText(head, [latencyRow('request to answer', milliseconds)]),
  )
}
