/** Pods, their processes and their certificates. */
import type { Group } from '../rule.ts'

export const podAlerts: readonly Group[] = [
  {
    name: 'sluice-pods',
    alerts: [
      {
        name: 'SluiceNoPodsReady',
        expr: 'sum by (cluster, namespace, job) (sluice_ready) == 0',
        wait: '1m',
        severity: 'critical',
        summary: 'No pod of the relay is ready',
        description:
          'All pods of {{ $labels.job }} that answer are not ready, so clients are turned away.',
      },
      {
        name: 'SluiceMetricsAbsent',
        expr: 'absent(sluice_build_info)',
        wait: '5m',
        severity: 'critical',
        summary: 'No relay is scraped at all',
        description: 'Prometheus has metrics of no pod. The relay is gone, or nothing scrapes it.',
      },
      {
        name: 'SluicePodDown',
        expr: `up == 0
and on (cluster, namespace, job)
count by (cluster, namespace, job) (last_over_time(sluice_build_info[1d]))`,
        wait: '5m',
        severity: 'warning',
        summary: 'A pod does not answer Prometheus',
        description:
          '{{ $labels.instance }} of {{ $labels.job }} has not answered a scrape for 5 minutes.',
      },
      {
        name: 'SluicePodNotReady',
        expr: 'sluice_ready == 0 and sluice_draining == 0',
        wait: '10m',
        severity: 'warning',
        summary: 'A pod is not ready',
        description:
          '{{ $labels.pod }} {{ $labels.instance }} runs, is not stopping, and has taken no clients for 10 minutes.',
      },
      {
        name: 'SluicePodRestarting',
        expr: `changes(process_start_time_seconds[30m]) > 2
and on (cluster, namespace, job, instance) sluice_build_info`,
        severity: 'warning',
        summary: 'A pod restarts again and again',
        description:
          '{{ $labels.pod }} {{ $labels.instance }} restarted {{ $value }} times in half an hour.',
      },
      {
        name: 'SluiceDrainStuck',
        expr: 'sluice_draining == 1',
        wait: '15m',
        severity: 'warning',
        summary: 'A pod does not finish its drain',
        description:
          '{{ $labels.pod }} {{ $labels.instance }} has been stopping for more than 15 minutes.',
      },
      {
        name: 'SluiceVersionsDiffer',
        expr: `count by (cluster, namespace, job) (
  count by (cluster, namespace, job, version) (sluice_build_info)
) > 1`,
        wait: '2h',
        severity: 'warning',
        summary: 'Pods run different versions',
        description:
          '{{ $value }} versions have run side by side in {{ $labels.job }} for 2 hours.',
      },
    ],
  },
  {
    name: 'sluice-process',
    alerts: [
      {
        name: 'SluiceMemoryHigh',
        expr: `process_resident_memory_bytes
/ on (cluster, namespace, job, instance) sluice_memory_limit_bytes
> 0.9`,
        wait: '10m',
        severity: 'warning',
        summary: 'A pod is about to run out of memory',
        description:
          '{{ $labels.instance }} uses {{ $value | humanizePercentage }} of the memory that it may use.',
      },
      {
        name: 'SluiceEventLoopLag',
        expr: `nodejs_eventloop_lag_p99_seconds > 0.25
and on (cluster, namespace, job, instance) sluice_build_info`,
        wait: '10m',
        severity: 'warning',
        summary: 'A pod does not keep up',
        description:
          'For 1 % of the time the event loop of {{ $labels.instance }} is {{ $value | humanizeDuration }} late.',
      },
    ],
  },
  {
    name: 'sluice-certificates',
    alerts: [
      {
        name: 'SluiceIdentityCertificateExpiry',
        expr: `min by (cluster, namespace, job) (
  sluice_certificate_expiry_timestamp_seconds{certificate="identity"}
) - time() < 30 * 86400`,
        wait: '15m',
        severity: 'warning',
        summary: 'The identity certificate expires soon',
        description:
          'It expires in {{ $value | humanizeDuration }}; then no client connects to {{ $labels.job }}.',
      },
      {
        name: 'SluiceIdentityCertificateExpiry',
        expr: `min by (cluster, namespace, job) (
  sluice_certificate_expiry_timestamp_seconds{certificate="identity"}
) - time() < 3 * 86400`,
        wait: '15m',
        severity: 'critical',
        summary: 'The identity certificate expires within days',
        description:
          'It expires in {{ $value | humanizeDuration }}; then no client connects to {{ $labels.job }}.',
      },
      {
        name: 'SluiceWebCertificateExpiry',
        expr: `min by (cluster, namespace, job) (
  sluice_certificate_expiry_timestamp_seconds{certificate="web"}
) - time() < 14 * 86400`,
        wait: '15m',
        severity: 'warning',
        summary: 'The certificate for browsers expires soon',
        description:
          'It expires in {{ $value | humanizeDuration }}; then browsers refuse {{ $labels.job }}, apps do not.',
      },
      {
        name: 'SluiceWebCertificateExpiry',
        expr: `min by (cluster, namespace, job) (
  sluice_certificate_expiry_timestamp_seconds{certificate="web"}
) - time() < 3 * 86400`,
        wait: '15m',
        severity: 'critical',
        summary: 'The certificate for browsers expires within days',
        description:
          'It expires in {{ $value | humanizeDuration }}; then browsers refuse {{ $labels.job }}, apps do not.',
      },
    ],
  },
]
