import { type Case, critical, POD, RELAY, series, warning } from './case.ts'

const command = (outcome: string) =>
  series('sluice_commands_total', { ...POD, command: 'SEND', outcome })
const full = series('sluice_redis_call_errors_total', {
  ...POD,
  call: 'append-message',
  error: 'full',
})
const delivered = (le = '') =>
  series(`sluice_delivery_latency_seconds_${le === '' ? 'count' : 'bucket'}`, {
    ...POD,
    path: 'remote',
    ...(le !== '' && { le }),
  })
const handshakes = (outcome: string) =>
  series('sluice_handshakes_total', { ...POD, layer: 'tls', outcome })

/** The three pairs of windows, where what is bad is bad all the time. */
const always = (slo: string, share: string, allowed: string, promise: string) =>
  (['1h', '6h', '3d'] as const).map((window) =>
    (window === '3d' ? warning : critical)(
      { ...RELAY, slo, window },
      `${share} were bad in the last ${window}, of ${allowed} that may be. Promised: ${promise}.`,
    ),
  )

const SENDING = '99.9 % of SENDs get an answer that is not a fault of the relay or its Redis'
const DELIVERY = '99.5 % of messages are pushed to a subscriber that waits within 0.5 s'
const CONNECTING = '99 % of handshakes of clients that speak TLS and SMP are done'

export const sloCases: readonly Case[] = [
  {
    alert: 'SluiceSendErrorBudgetBurn',
    what: 'one SEND in ten is not answered',
    series: { [command('ok')]: '0+54x240', [command('unanswered')]: '0+6x240' },
    at: '3h',
    firing: always('send', '10%', '0.1 %', SENDING),
  },
  {
    alert: 'SluiceSendErrorBudgetBurn',
    what: 'Redis is full for one SEND in ten',
    series: {
      [command('ok')]: '0+54x240',
      [command('quota')]: '0+6x240',
      [full]: '0+6x240',
    },
    at: '3h',
    firing: always('send', '10%', '0.1 %', SENDING),
  },
  {
    alert: 'SluiceSendErrorBudgetBurn',
    what: 'ten bad minutes after six good hours: the fast pair only',
    series: { [command('ok')]: '0+100x375', [command('internal')]: '0x360 12+12x15' },
    at: '371m',
    firing: [
      critical(
        { ...RELAY, slo: 'send', window: '1h' },
        `2.153% were bad in the last 1h, of 0.1 % that may be. Promised: ${SENDING}.`,
      ),
    ],
  },
  {
    alert: 'SluiceSendErrorBudgetBurn',
    what: 'the bad minutes are over',
    series: { [command('ok')]: '0+100x400', [command('internal')]: '0x360 12+12x10 132x30' },
    at: '385m',
    firing: [],
  },
  {
    alert: 'SluiceSendErrorBudgetBurn',
    what: 'nobody sends',
    series: { [command('ok')]: '5x240', [command('internal')]: '5x240' },
    at: '3h',
    firing: [],
  },
  {
    alert: 'SluiceSendErrorBudgetBurn',
    what: 'full queues and wrong keys are no faults',
    series: {
      [command('ok')]: '0+60x240',
      [command('quota')]: '0+60x240',
      [command('auth')]: '0+60x240',
    },
    at: '3h',
    firing: [],
  },
  {
    alert: 'SluiceDeliveryErrorBudgetBurn',
    what: 'one message in ten is late',
    series: {
      [delivered()]: '0+60x240',
      [delivered('0.5')]: '0+54x240',
      [delivered('+Inf')]: '0+60x240',
    },
    at: '3h',
    firing: always('delivery', '10%', '0.5 %', DELIVERY),
  },
  {
    alert: 'SluiceDeliveryErrorBudgetBurn',
    what: 'one in a thousand is late',
    series: {
      [delivered()]: '0+1000x240',
      [delivered('0.5')]: '0+999x240',
      [delivered('+Inf')]: '0+1000x240',
    },
    at: '3h',
    firing: [],
  },
  {
    alert: 'SluiceConnectErrorBudgetBurn',
    what: 'one handshake in four breaks',
    series: { [handshakes('done')]: '0+60x240', [handshakes('failed')]: '0+20x240' },
    at: '3h',
    firing: always('connect', '25%', '1 %', CONNECTING),
  },
  {
    alert: 'SluiceConnectErrorBudgetBurn',
    what: 'others try other protocols',
    series: { [handshakes('done')]: '0+60x240', [handshakes('refused')]: '0+600x240' },
    at: '3h',
    firing: [],
  },
]
