/** One set of values in two formats. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Histogram } from '../../../src/measures/histogram.ts'
import { Measures } from '../../../src/measures/measures.ts'
import { Exposition } from '../../../src/ops/exposition.ts'
import { counter, type Family, gauge, histogram } from '../../../src/ops/family.ts'
import { Health } from '../../../src/ops/health.ts'
import { processMetrics } from '../../../src/ops/process-metrics.ts'

const OPEN = 'application/openmetrics-text'

const subject = {
  measures: new Measures(),
  health: new Health(),
  totals: undefined,
  proxy: undefined,
  limits: undefined,
  certificates: { identity: undefined, web: undefined },
}

const textsOf = async (...families: readonly Family[]) => {
  const exposition = await Exposition.of(subject, families, [])
  const plain = await exposition.text(undefined)
  const open = await exposition.text(OPEN)
  assert.match(plain.type, /^text\/plain; version=0\.0\.4/)
  assert.match(open.type, /^application\/openmetrics-text; version=1\.0\.0/)
  // asking for one format changes nothing of the other
  assert.deepEqual(await exposition.text(undefined), plain)
  return { plain: plain.body, open: open.body }
}

describe('a metric', () => {
  test('of a counter ends in _total, which its family does not in OpenMetrics', async () => {
    const { plain, open } = await textsOf(
      counter(['sluice_x_total', 'Help.'], ['a'], () => [[['b"c\n\\'], 2]]),
    )
    assert.equal(
      plain,
      '# HELP sluice_x_total Help.\n# TYPE sluice_x_total counter\nsluice_x_total{a="b\\"c\\n\\\\"} 2\n',
    )
    assert.equal(
      open,
      '# HELP sluice_x Help.\n# TYPE sluice_x counter\nsluice_x_total{a="b\\"c\\n\\\\"} 2\n# EOF\n',
    )
  })

  test('of the reference has one name in both', async () => {
    const { plain, open } = await textsOf(counter(['simplex_smp_x', 'Help.'], [], () => 3))
    assert.match(plain, /^# TYPE simplex_smp_x counter\nsimplex_smp_x 3$/m)
    assert.match(open, /^# TYPE simplex_smp_x unknown\nsimplex_smp_x 3$/m)
  })

  test('without a value is only announced', async () => {
    const { plain } = await textsOf(gauge(['sluice_y', 'Help.'], [], () => undefined))
    assert.equal(plain, '# HELP sluice_y Help.\n# TYPE sluice_y gauge\n')
  })

  test('of a histogram sums up its ranges, and shows traces where the format has them', async () => {
    const values = new Histogram([0.5, 1])
    values.observe(0.5)
    values.observe(0.75, 'abc')
    values.observe(3)
    const { plain, open } = await textsOf(
      histogram(['sluice_z_seconds', 'Help.'], ['a'], () => [[['b'], values]]),
    )
    assert.equal(
      plain.split('\n').slice(2).join('\n'),
      [
        'sluice_z_seconds_bucket{a="b",le="0.5"} 1',
        'sluice_z_seconds_bucket{a="b",le="1"} 2',
        'sluice_z_seconds_bucket{a="b",le="+Inf"} 3',
        'sluice_z_seconds_sum{a="b"} 4.25',
        'sluice_z_seconds_count{a="b"} 3\n',
      ].join('\n'),
    )
    assert.match(
      open,
      /^sluice_z_seconds_bucket\{a="b",le="1\.0"\} 2 # \{trace_id="abc"\} 0\.75 \d+(\.\d+)?$/m,
    )
  })
})

test('metrics of the process are in both formats, and none that visits all that is open', async () => {
  const exposition = await Exposition.of(subject, [], await processMetrics())
  const { body: plain } = await exposition.text('')
  const { body: open } = await exposition.text(OPEN)
  assert.match(plain, /^# TYPE process_cpu_seconds_total counter\nprocess_cpu_seconds_total \d/m)
  assert.match(open, /^# TYPE process_cpu_seconds counter\nprocess_cpu_seconds_total \d/m)
  for (const text of [plain, open, (await exposition.text('')).body]) {
    assert.match(text, /^nodejs_eventloop_lag_p99_seconds \d/m)
    assert.match(text, /^process_resident_memory_bytes \d/m)
    assert.match(text, /^# TYPE nodejs_gc_duration_seconds histogram$/m)
    assert.doesNotMatch(text, /nodejs_active_|process_open_fds/)
  }
})
