/** The figures of a large pod as readable tables. */
import { titled } from './figures-text.ts'
import type { ScaleFigures, SizeFigures, Step } from './measure-scale.ts'
import type { MemoryUsage, Pauses } from './processes/own-usage.ts'
import { figure, tableText } from './report.ts'

const megabytes = ({ rss }: MemoryUsage): string => `${figure(rss / 1e6)} MB`

const pausesHead = ['loop p99, ms', 'loop max', 'GCs', 'GC in all, ms', 'longest']

const pausesCells = ({ loopP99, loopMax, ...gc }: Pauses) => [
  loopP99,
  loopMax,
  String(gc.collections),
  gc.collecting,
  gc.longestCollection,
]

const stepRow = ({ what, count, seconds, cpu, redisCpu, ...left }: Step) => [
  what,
  count.toLocaleString('en-US'),
  seconds,
  cpu,
  redisCpu ?? '',
  left.rss / 1000,
  left.heap / 1000,
  left.redisBytes ?? '',
]

const sizeRow = ({ size, cpuPerMessage, ratio, loneLatencyMs }: SizeFigures) => [
  size,
  cpuPerMessage.median,
  ratio.median,
  `${figure(ratio.min)} to ${figure(ratio.max)}`,
  loneLatencyMs.p50,
  loneLatencyMs.p99,
]

export const scaleText = (figures: ScaleFigures): string => {
  const { store, connections, subscriptions, start, end, small, steps, sizes } = figures
  const count = (value: number): string => value.toLocaleString('en-US')
  return titled(
    `scale: one pod with ${count(connections)} connections and ${count(subscriptions)} ` +
      `subscriptions on ${store}; RSS ${megabytes(start)} before, ${megabytes(end)} with them, ` +
      `${megabytes(small)} of the small pod`,
    tableText(
      [
        'each',
        'count',
        'wall, s',
        'pod CPU, us',
        'Redis CPU, us',
        'RSS, KB',
        'heap, KB',
        'Redis, bytes',
      ],
      steps.map(stepRow),
    ),
    tableText(
      ['messages on', 'pod CPU, us', 'ratio', 'rounds', 'lone p50, ms', 'lone p99, ms'],
      sizes.map(sizeRow),
    ),
    tableText(
      ['pauses during', ...pausesHead],
      [
        ...steps.map(({ what, pauses }) => [what, ...pausesCells(pauses)]),
        ...sizes.map(({ size, pauses }) => [`messages on ${size}`, ...pausesCells(pauses)]),
      ],
    ),
  )
}
