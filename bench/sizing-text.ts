/** What a sizing says, as Markdown tables. */
import { figure, tableText } from './report.ts'
import { MOST_SHARDS, type Question, type Sizing, sizeOf } from './sizing-model.ts'
import { demandOf, planOf, pricesOf, sizingOptions } from './sizing-options.ts'
import { costMeanings, costNames, type MeasuredCosts } from './unit-costs.ts'

/** Of the columns where nothing else is asked for. */
export const COLUMNS = [10_000, 100_000, 1_000_000]

const whole = (value: number): string =>
  Number.isFinite(value) ? Math.round(value).toLocaleString('en-US') : 'none is enough'

const short = (value: number): string => {
  if (value >= 1e6) return `${figure(value / 1e6).replace(/\.0+$/, '')} M`
  return value >= 1e3 ? `${figure(value / 1e3).replace(/\.0+$/, '')} k` : figure(value)
}

const gib = (bytes: number): string => figure(bytes / 2 ** 30)
const gigabits = (bytesPerSecond: number): string => figure((bytesPerSecond * 8) / 1e9)

type Line = readonly [string, (sizing: Sizing, question: Question) => string]

const demandLines: readonly Line[] = [
  ['queues', (_, { demand }) => whole(demand.queues)],
  ['messages a second, busiest time', (_, { demand }) => whole(demand.messagesPerSecond)],
  ['messages waiting', (_, { demand }) => whole(demand.waitingMessages)],
]

const podLines: readonly Line[] = [
  ['**pods, one core each**', ({ pods }) => `**${whole(pods)}**`],
  ['for the load, one pod away', ({ podsFor }) => whole(podsFor.load)],
  ['for memory, one pod away', ({ podsFor }) => whole(podsFor.memory)],
  ['for connections, one pod away', ({ podsFor }) => whole(podsFor.connections)],
  ["for a dead pod's clients to be back in time", ({ podsFor }) => whole(podsFor.deadPod)],
  ['for everybody to be back in time', ({ podsFor }) => whole(podsFor.region)],
  ['memory of a pod, GiB', (_, { plan }) => figure(plan.podMemoryGib)],
  ['connections a pod', ({ pods }, { demand }) => whole(demand.connections / pods)],
  ['cores of all in use, busiest time', ({ podCores }) => figure(podCores)],
  ['memory of all in use, GiB', ({ podBytes }) => gib(podBytes)],
  ['core seconds when everybody comes back', ({ returnCoreSeconds: all }) => whole(all)],
  ['messages from pod to pod, %', ({ acrossShare }) => figure(100 * acrossShare)],
]

const shardsLimit = (shards: number): string =>
  shards > MOST_SHARDS ? ` (more than ${MOST_SHARDS} partitions)` : ''

const redisLines: readonly Line[] = [
  ['**shards**', ({ shards }) => `**${whole(shards)}**${shardsLimit(shards)}`],
  ['for the load', ({ shardsFor }) => whole(shardsFor.load)],
  ['for memory', ({ shardsFor }) => whole(shardsFor.memory)],
  ['for everybody to be back in time', ({ shardsFor }) => whole(shardsFor.region)],
  ['nodes, with replicas', ({ redisNodes }) => whole(redisNodes)],
  ['memory of a node, GiB', (_, { plan }) => figure(plan.shardMemoryGib)],
  ['memory of the primaries in use, GiB', ({ redisBytes }) => gib(redisBytes)],
  ['cores of the primaries in use, busiest time', ({ redisCores }) => figure(redisCores)],
]

const networkLines: readonly Line[] = [
  ['from clients, Gbit/s', ({ network }) => gigabits(network.fromClients)],
  ['to clients, Gbit/s', ({ network }) => gigabits(network.toClients)],
  ['pods to Redis, Gbit/s', ({ network }) => gigabits(network.toRedis)],
  ['Redis to pods, Gbit/s', ({ network }) => gigabits(network.fromRedis)],
  ['primaries to replicas, Gbit/s', ({ network }) => gigabits(network.toReplicas)],
]

const costLines: readonly Line[] = [
  ['pods, a month', ({ cost }) => whole(cost.pods)],
  ['Redis, a month', ({ cost }) => whole(cost.redis)],
  ['traffic to clients, a month', ({ cost }) => whole(cost.egress)],
  ['**together, a month**', ({ cost }) => `**${whole(cost.total)}**`],
  ['a connection, a month', ({ cost }, { demand }) => figure(cost.total / demand.connections)],
]

const table = (head: string, lines: readonly Line[], questions: readonly Question[]): string => {
  const sizings = questions.map(sizeOf)
  return tableText(
    [head, ...questions.map(({ demand }) => `${short(demand.connections)} connections`)],
    lines.map(([name, cell]) => [
      name,
      ...questions.map((question, i) => cell(sizings[i] ?? sizeOf(question), question)),
    ]),
  )
}

export const sizingText = (questions: readonly Question[]): string =>
  [
    table('asked', demandLines, questions),
    table('pods', podLines, questions),
    table('Redis', redisLines, questions),
    table('network, busiest time', networkLines, questions),
    table('cost, in the currency of the prices', costLines, questions),
  ].join('\n\n')

export const costsText = ({ date, machine, costs }: MeasuredCosts): string =>
  [
    `${date}, ${machine}:`,
    tableText(
      ['of', 'each', 'takes', '', '`npm run bench -- …`'],
      costNames.map((name) => {
        const { what, unit, part } = costMeanings[name]
        const of = name.startsWith('pod') ? 'pods' : 'Redis'
        return [of, what, costs[name], unit, part === 'bench:auth' ? '`npm run bench:auth`' : part]
      }),
    ),
  ].join('\n\n')

export const assumptionsText = (): string =>
  tableText(
    ['option', 'default', 'is'],
    sizingOptions.map(({ option, value, words, what }) => [
      `\`--${option}\``,
      value === undefined ? (words ?? '') : value.toLocaleString('en-US'),
      what,
    ]),
  )

/** The three parts that docs/sizing.md has from here, by their names. */
export const documentParts = (measured: MeasuredCosts): Readonly<Record<string, string>> => ({
  results: sizingText(
    COLUMNS.map((connections) => ({
      ...{ demand: demandOf(connections), plan: planOf(), prices: pricesOf() },
      costs: measured.costs,
    })),
  ),
  costs: costsText(measured),
  options: assumptionsText(),
})
