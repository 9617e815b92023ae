/** What is promised, and how it is measured: for recording rules, alerts and the SLO dashboard. */
import { FAULTS } from './outcomes.ts'

/** A metric of the pods in question, with more labels. */
export type Select = (name: string, labels?: string) => string

export interface Slo {
  readonly name: 'send' | 'delivery' | 'connect'
  readonly title: string
  /** The share of events that are to be good. */
  readonly objective: number
  /** The share that may be bad. */
  readonly allowed: number
  readonly promise: string
  /** Of an alert. */
  readonly alert: string
  readonly summary: string
  /** Bad events and all events a second, by the labels. `window` as PromQL has it. */
  readonly bad: (select: Select, window: string, by: string) => string
  readonly all: (select: Select, window: string, by: string) => string
}

const sum = (by: string, ...vectors: readonly string[]): string =>
  `sum${by === '' ? '' : ` by (${by})`} (${vectors.join(' or ')})`

/**
 * SEND is refused for reasons of its own (no right, queue full): these are no failures. A Redis
 * that is full is one, and looks like a full queue: it is taken from the calls of Redis.
 */
const send: Slo = {
  name: 'send',
  title: 'Sending',
  objective: 0.999,
  allowed: 0.001,
  promise: '99.9 % of SENDs get an answer that is not a fault of the relay or its Redis',
  alert: 'SluiceSendErrorBudgetBurn',
  summary: 'Messages of senders fail',
  bad: (select, window, by) =>
    sum(
      by,
      `rate(${select('sluice_commands_total', `command="SEND",${FAULTS}`)}[${window}])`,
      `rate(${select('sluice_redis_call_errors_total', 'call="append-message",error="full"')}[${window}])`,
      // so that there is a value before the first failure
      `0 * rate(${select('sluice_commands_total', 'command="SEND",outcome="ok"')}[${window}])`,
    ),
  all: (select, window, by) =>
    sum(by, `rate(${select('sluice_commands_total', 'command="SEND"')}[${window}])`),
}

const DELIVERY_SECONDS = 0.5

const delivery: Slo = {
  name: 'delivery',
  title: 'Delivery',
  objective: 0.995,
  allowed: 0.005,
  promise: `99.5 % of messages are pushed to a subscriber that waits within ${DELIVERY_SECONDS} s`,
  alert: 'SluiceDeliveryErrorBudgetBurn',
  summary: 'Messages reach subscribers late',
  bad: (select, window, by) =>
    `${sum(by, `rate(${select('sluice_delivery_latency_seconds_count')}[${window}])`)} - ${sum(
      by,
      `rate(${select('sluice_delivery_latency_seconds_bucket', `le="${DELIVERY_SECONDS}"`)}[${window}])`,
    )}`,
  all: (select, window, by) =>
    sum(by, `rate(${select('sluice_delivery_latency_seconds_count')}[${window}])`),
}

/** Refused is what came from a client that speaks something else. */
const connect: Slo = {
  name: 'connect',
  title: 'Connecting',
  objective: 0.99,
  allowed: 0.01,
  promise: '99 % of handshakes of clients that speak TLS and SMP are done',
  alert: 'SluiceConnectErrorBudgetBurn',
  summary: 'Clients cannot connect',
  bad: (select, window, by) =>
    sum(
      by,
      `rate(${select('sluice_handshakes_total', 'outcome=~"timeout|failed"')}[${window}])`,
      `0 * rate(${select('sluice_handshakes_total', 'outcome="done"')}[${window}])`,
    ),
  all: (select, window, by) =>
    sum(by, `rate(${select('sluice_handshakes_total', 'outcome!="refused"')}[${window}])`),
}

export const percent = (share: number): string => `${+(share * 100).toFixed(2)} %`

export const slos: readonly Slo[] = [send, delivery, connect]

/** Nobody is asked what share of nothing failed: there is no value then. */
export const badShare = ({ bad, all }: Slo, select: Select, window: string, by = ''): string =>
  `(${bad(select, window, by)}) / (${all(select, window, by)} > 0)`

/** As the SRE workbook has them: of both windows, by how many times the budget is used too fast. */
export const burnAlerts = [
  {
    long: '1h',
    short: '5m',
    factor: 14.4,
    severity: 'critical',
    wait: '2m',
  },
  {
    long: '6h',
    short: '30m',
    factor: 6,
    severity: 'critical',
    wait: '15m',
  },
  { long: '3d', short: '6h', factor: 1, severity: 'warning', wait: '1h' },
] as const

export const windows = ['5m', '30m', '1h', '6h', '3d'] as const
