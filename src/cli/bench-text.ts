/** Figures of a load as people read them. */
import type { LoadPlan } from '../load/plan.ts'
import { BUSY, type Progress } from '../load/run-load.ts'
import type { Tallied } from '../load/tally.ts'
import type { LoadReport } from '../load/workers.ts'
import { printable } from './terminal.ts'

const LABEL = 19

const line = (label: string, text: string): string => `${label.padEnd(LABEL)}${text}\n`

const whole = (value: number): string => Math.round(value).toLocaleString('en-US')

/** Three digits that count. */
const ms = (value: number): string =>
  value >= 100 ? whole(value) : value.toPrecision(3).replace(/\.?0+$/, '')

const amount = (count: number, word: string): string =>
  `${whole(count)} ${word}${count === 1 ? '' : 's'}`

const loads: { readonly [M in LoadPlan['mode']]: (plan: LoadPlan) => string } = {
  load: ({ queues, bodyBytes }) =>
    `${amount(queues, 'queue')}, messages of ${whole(bodyBytes)} bytes`,
  storm: ({ queues }) => `that come at once to ${amount(queues, 'queue')}`,
  idle: () => 'that say nothing',
  reconnect: ({ queues }) => `that come and go, ${amount(queues, 'queue')}`,
  mixed: ({ queues }) => `messages, comings and goings, idle ones, ${amount(queues, 'queue')}`,
}

export const headText = (where: string, plan: LoadPlan): string => {
  const rate = plan.rate === undefined ? 'as fast as it goes' : `${plan.rate} a second`
  const what = `${amount(plan.connections, 'connection')}, ${loads[plan.mode](plan)}`
  return `${where}: ${what}, ${rate}, for ${plan.seconds} s\n`
}

export const progressText = ({ isWarmUp, seconds, count }: Progress): string =>
  `${isWarmUp ? 'warm-up' : 'measuring'}, ${seconds.toFixed(0)} s: ${whole(count)}, ${whole(count / seconds)} a second`

const timed: { readonly [W in Tallied['what']]: string } = {
  messages: 'SEND to MSG, ms',
  subscriptions: 'a batch, ms',
  connections: 'to connect, ms',
  reconnections: 'to be back, ms',
}

const resultText = ({ what, count, perSecond, timesMs, failures }: Tallied): string => {
  const { mean, p50, p90, p99, p999, max } = timesMs
  const rate = what === 'connections' ? '' : `, ${whole(perSecond)} a second`
  const times = `mean ${ms(mean)}, 50 % ${ms(p50)}, 90 % ${ms(p90)}, 99 % ${ms(p99)}, 99.9 % ${ms(p999)}, max ${ms(max)}`
  const failed = Object.entries(failures).map(([text, times]) =>
    line('  failed', `${whole(times)} times: ${printable(text)}`),
  )
  return line(what, `${whole(count)}${rate}`) + line(`  ${timed[what]}`, times) + failed.join('')
}

/** What the figures are figures of. */
const limitText = (
  { utilisation, workers }: LoadReport,
  plan: LoadPlan,
  perSecond: number,
): string => {
  const busy = `event loop busy ${Math.round(utilisation * 100)} % of the time`
  const where = workers === 1 ? busy : `${busy} in the busiest of ${workers} workers`
  if (utilisation >= BUSY)
    return `${where}: the generator is the limit, not the server; more --workers or more machines tell more`
  if (plan.rate === undefined || plan.mode !== 'load') return `${where}: not the limit`
  return perSecond < 0.95 * plan.rate
    ? `${where}: the server is the limit, or the way to it: more than ${whole(perSecond)} a second did not come`
    : `${where}: the rate was kept`
}

export const reportText = (report: LoadReport, plan: LoadPlan): string => {
  const perSecond = report.results[0]?.perSecond ?? 0
  return (
    report.results.map(resultText).join('') + line('generator', limitText(report, plan, perSecond))
  )
}
