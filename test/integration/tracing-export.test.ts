/** Tracing where it is off, and where the collector is not what it should be. */
import assert from 'node:assert/strict'
import { registerHooks } from 'node:module'
import { test } from 'node:test'
import { pino } from 'pino'
import { settingsSchema } from '../../src/config/settings.ts'
import { Measures, type SpanEnd } from '../../src/measures/measures.ts'
import { openTracing } from '../../src/open-tracing.ts'
import { Collector } from '../support/collector.ts'
import { OpsRelay } from '../support/ops-relay.ts'
import { until } from '../support/redis/until.ts'
import { scrape, scrapeWith } from '../support/scrape.ts'
import { SEND, unsigned } from '../support/wire.ts'
import { TlsRelay } from '../support/wire-tls.ts'
import { within } from '../support/within.ts'

// of the exporter, which would try again for ten seconds
process.env.OTEL_EXPORTER_OTLP_TIMEOUT = '300'

const loaded: string[] = []
registerHooks({
  load(url, context, next) {
    if (/@opentelemetry\/(sdk|exporter|otlp|resources)|tracing\/otel/.test(url)) loaded.push(url)
    return next(url, context)
  },
})

const serves = async (given: Readonly<Record<string, string>>): Promise<void> => {
  await using relay = await TlsRelay.start(given)
  const [r, s] = [await relay.connect(), await relay.connect()]
  const q = await r.creates({ subscribe: true })
  for (let message = 0; message < 20; message++) {
    await s.asks([unsigned, 'send', q.sid, SEND(`${message}`)], 'OK')
    await r.hears(['', q.rid, `MSG F ${message}`])
    await r.asks([q.key, 'ack', q.rid, q.ack(`${message}`)], 'OK')
  }
  await within('the end of the relay', relay.close())
}

test('off: the SDK is not even loaded; on: it is', async () => {
  await serves({})
  await serves({ traceRatio: '1' })
  assert.equal(loaded.length, 0, loaded.join())
  await using collector = await Collector.start()
  await serves({ otlpEndpoint: collector.endpoint, traceRatio: '1' })
  assert.ok(loaded.some((url) => url.includes('sdk-trace')))
  assert.equal(collector.named('SEND').length, 20)
})

for (const manner of ['hangs', 'refuses'] as const)
  test(`a collector that ${manner} disturbs nothing`, async () => {
    await using collector = await Collector.start(manner)
    await serves({ otlpEndpoint: collector.endpoint, traceRatio: '1' })
    assert.ok(collector.requests.length > 0)
  })

test('a collector that is not there disturbs nothing', async () => {
  await serves({ otlpEndpoint: 'http://127.0.0.1:1', traceRatio: '1' })
})

test('spans are counted, also those that nobody gets', async () => {
  await using collector = await Collector.start('hangs')
  const settings = settingsSchema.parse({ otlpEndpoint: collector.endpoint, traceRatio: '1' })
  const measures = new Measures()
  const tracing = await openTracing({ settings, log: pino({ level: 'silent' }), ops: { measures } })
  assert.ok(tracing)
  // the first batch is on its way, as many as may wait do, and the rest is too much
  const [batch, waiting, rest] = [512, 4096, 100]
  const counted = (outcome: SpanEnd): number => measures.spans?.get(outcome) ?? 0
  for (let span = 0; span < batch + waiting + rest; span += 1)
    tracing.begin({ what: 'handshake', transport: 'smp' })?.end('done')
  assert.deepEqual(Object.fromEntries(measures.spans ?? []), {
    exported: 0,
    failed: 0,
    dropped: rest,
  })
  await until('the batch is given up', () => counted('failed') >= batch)
  collector.manner = 'answers'
  const both = () => counted('exported') + counted('failed')
  await until('nothing waits', () => both() === batch + waiting)
  // what was dropped never came
  const came = new Set(collector.named('handshake').map(({ spanId }) => spanId))
  assert.equal(came.size, batch + waiting)
  assert.ok(counted('exported') > 0)
  assert.equal(counted('dropped'), rest)
  await tracing[Symbol.asyncDispose]()
})

test('a relay says what becomes of its spans', async () => {
  const name = 'sluice_trace_spans_total'
  {
    await using relay = await OpsRelay.start()
    assert.equal((await scrape(relay)).has(`${name}{outcome="dropped"}`), false)
  }
  await using collector = await Collector.start()
  await using relay = await OpsRelay.start({ otlpEndpoint: collector.endpoint, traceRatio: '1' })
  const client = await relay.relay.connect()
  await scrapeWith(relay, { [`${name}{outcome="exported"}`]: 1 })
  assert.ok((await scrape(relay)).has(`${name}{outcome="dropped"}`))
  client.leaves()
})

test('one warning when exports begin to fail, one line when they work again', async () => {
  await using collector = await Collector.start('refuses')
  const lines: string[] = []
  const log = pino({ base: null, timestamp: false }, { write: (line: string) => lines.push(line) })
  const settings = settingsSchema.parse({ otlpEndpoint: collector.endpoint, traceRatio: '1' })
  await using tracing = await openTracing({ settings, log })
  const exports = async (count: number): Promise<void> => {
    tracing?.begin({ what: 'handshake', transport: 'smp' })?.end('done')
    await until('it was exported', () => collector.requests.length === count)
  }
  await exports(1)
  await until('it is told', () => lines.length === 1)
  await exports(2)
  collector.manner = 'answers'
  await exports(3)
  await until('it is told', () => lines.length === 2)
  assert.deepEqual(
    lines.map((line) => JSON.parse(line)),
    [
      { level: 40, reason: '403', msg: 'traces cannot be exported' },
      { level: 30, msg: 'traces are exported again' },
    ],
  )
})
