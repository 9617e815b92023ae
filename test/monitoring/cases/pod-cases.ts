import { type Case, critical, OTHER_POD, POD, RELAY, series, warning } from './case.ts'

const up = (labels: Readonly<Record<string, string>>) =>
  series('up', { job: labels.job ?? '', instance: labels.instance ?? '' })
const build = (labels = POD, version = '1.0.0') =>
  series('sluice_build_info', { ...labels, version })
const expiry = (certificate: string) =>
  series('sluice_certificate_expiry_timestamp_seconds', { ...POD, certificate })
const DAY = 86_400

export const podCases: readonly Case[] = [
  {
    alert: 'SluiceNoPodsReady',
    what: 'none of two is ready',
    series: {
      [series('sluice_ready', POD)]: '1x5 0x20',
      [series('sluice_ready', OTHER_POD)]: '0x30',
    },
    at: '10m',
    firing: [
      critical(RELAY, 'All pods of relay that answer are not ready, so clients are turned away.'),
    ],
  },
  {
    alert: 'SluiceNoPodsReady',
    what: 'one of two is ready',
    series: {
      [series('sluice_ready', POD)]: '1x30',
      [series('sluice_ready', OTHER_POD)]: '0x30',
    },
    at: '10m',
    firing: [],
  },
  {
    alert: 'SluiceMetricsAbsent',
    what: 'other programs are scraped',
    series: { [series('up', { job: 'node' })]: '1x30' },
    at: '10m',
    firing: [
      critical({}, 'Prometheus has metrics of no pod. The relay is gone, or nothing scrapes it.'),
    ],
  },
  {
    alert: 'SluiceMetricsAbsent',
    what: 'a pod is scraped',
    series: { [build()]: '1x30' },
    at: '10m',
    firing: [],
  },
  {
    alert: 'SluicePodDown',
    what: 'it answered once, under the labels of its job',
    series: {
      [series('up', { ...POD })]: '1x5 0x30',
      [build()]: '1x5 _x30',
    },
    at: '20m',
    firing: [warning(POD, '10.0.0.1:9090 of relay has not answered a scrape for 5 minutes.')],
  },
  {
    alert: 'SluicePodDown',
    what: 'what is down is no relay',
    series: { [up({ ...POD, job: 'node' })]: '0x30', [build()]: '1x30' },
    at: '20m',
    firing: [],
  },
  {
    alert: 'SluicePodNotReady',
    what: 'it is not stopping',
    series: {
      [series('sluice_ready', POD)]: '0x30',
      [series('sluice_draining', POD)]: '0x30',
    },
    at: '15m',
    firing: [
      warning(
        POD,
        'relay-0 10.0.0.1:9090 runs, is not stopping, and has taken no clients for 10 minutes.',
      ),
    ],
  },
  {
    alert: 'SluicePodNotReady',
    what: 'it is stopping',
    series: {
      [series('sluice_ready', POD)]: '0x30',
      [series('sluice_draining', POD)]: '1x30',
    },
    at: '15m',
    firing: [],
  },
  {
    alert: 'SluicePodRestarting',
    what: 'three times',
    series: {
      [series('process_start_time_seconds', POD)]: '100x9 700x9 1300x9 1900x9',
      [build()]: '1x60',
    },
    at: '35m',
    firing: [warning(POD, 'relay-0 10.0.0.1:9090 restarted 3 times in half an hour.')],
  },
  {
    alert: 'SluicePodRestarting',
    what: 'once; something else often',
    series: {
      [series('process_start_time_seconds', POD)]: '100x19 1300x40',
      [build()]: '1x60',
      [series('process_start_time_seconds', { job: 'node', instance: '10.0.0.1:9100' })]:
        '100x9 700x9 1300x9 1900x9',
    },
    at: '35m',
    firing: [],
  },
  {
    alert: 'SluiceDrainStuck',
    what: 'for 20 minutes',
    series: { [series('sluice_draining', POD)]: '1x40' },
    at: '20m',
    firing: [warning(POD, 'relay-0 10.0.0.1:9090 has been stopping for more than 15 minutes.')],
  },
  {
    alert: 'SluiceDrainStuck',
    what: 'it is done after 5 minutes',
    series: { [series('sluice_draining', POD)]: '1x5' },
    at: '20m',
    firing: [],
  },
  {
    alert: 'SluiceVersionsDiffer',
    what: 'two versions stay',
    series: { [build()]: '1x200', [build(OTHER_POD, '1.1.0')]: '1x200' },
    at: '150m',
    firing: [warning(RELAY, '2 versions have run side by side in relay for 2 hours.')],
  },
  {
    alert: 'SluiceVersionsDiffer',
    what: 'a rollout',
    series: { [build()]: '1x20', [build(OTHER_POD, '1.1.0')]: '1x200' },
    at: '150m',
    firing: [],
  },
  {
    alert: 'SluiceMemoryHigh',
    what: '95 of 100',
    series: {
      [series('process_resident_memory_bytes', POD)]: '95x30',
      [series('sluice_memory_limit_bytes', POD)]: '100x30',
    },
    at: '15m',
    firing: [
      warning(
        { ...RELAY, instance: '10.0.0.1:9090' },
        '10.0.0.1:9090 uses 95% of the memory that it may use.',
      ),
    ],
  },
  {
    alert: 'SluiceMemoryHigh',
    what: '80 of 100',
    series: {
      [series('process_resident_memory_bytes', POD)]: '80x30',
      [series('sluice_memory_limit_bytes', POD)]: '100x30',
    },
    at: '15m',
    firing: [],
  },
  {
    alert: 'SluiceEventLoopLag',
    what: 'half a second',
    series: { [series('nodejs_eventloop_lag_p99_seconds', POD)]: '0.5x30', [build()]: '1x30' },
    at: '15m',
    firing: [warning(POD, 'For 1 % of the time the event loop of 10.0.0.1:9090 is 500ms late.')],
  },
  {
    alert: 'SluiceEventLoopLag',
    what: 'a tenth; another program is late',
    series: {
      [series('nodejs_eventloop_lag_p99_seconds', POD)]: '0.1x30',
      [series('nodejs_eventloop_lag_p99_seconds', { job: 'shop', instance: 'b:80' })]: '2x30',
      [build()]: '1x30',
    },
    at: '15m',
    firing: [],
  },
  {
    alert: 'SluiceIdentityCertificateExpiry',
    what: 'in 20 days',
    series: { [expiry('identity')]: `${20 * DAY}x60` },
    at: '20m',
    firing: [warning(RELAY, 'It expires in 19d 23h 40m 0s; then no client connects to relay.')],
  },
  {
    alert: 'SluiceIdentityCertificateExpiry',
    what: 'in two days',
    series: { [expiry('identity')]: `${2 * DAY}x60` },
    at: '20m',
    firing: [
      warning(RELAY, 'It expires in 1d 23h 40m 0s; then no client connects to relay.'),
      critical(RELAY, 'It expires in 1d 23h 40m 0s; then no client connects to relay.'),
    ],
  },
  {
    alert: 'SluiceIdentityCertificateExpiry',
    what: 'in 40 days; the one for browsers tomorrow',
    series: { [expiry('identity')]: `${40 * DAY}x60`, [expiry('web')]: `${DAY}x60` },
    at: '20m',
    firing: [],
  },
  {
    alert: 'SluiceWebCertificateExpiry',
    what: 'tomorrow',
    series: { [expiry('web')]: `${DAY}x60` },
    at: '20m',
    firing: [
      warning(RELAY, 'It expires in 23h 40m 0s; then browsers refuse relay, apps do not.'),
      critical(RELAY, 'It expires in 23h 40m 0s; then browsers refuse relay, apps do not.'),
    ],
  },
  {
    alert: 'SluiceWebCertificateExpiry',
    what: 'in 20 days',
    series: { [expiry('web')]: `${20 * DAY}x60` },
    at: '20m',
    firing: [],
  },
]
