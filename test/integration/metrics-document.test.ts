/** docs/metrics.md says what there is, and there is what it says. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Metric } from 'prom-client'
import { families } from '../../src/ops/families.ts'
import type { Family } from '../../src/ops/family.ts'
import { processMetrics } from '../../src/ops/process-metrics.ts'
import { base64, base64url } from '../../src/protocol/text.ts'
import { OpsRelay } from '../support/ops-relay.ts'
import { Scrape } from '../support/scrape.ts'
import { SEND, signingKey, unknownId, unsigned } from '../support/wire.ts'

const page = fileURLToPath(new URL('../../docs/metrics.md', import.meta.url))

type Row = Pick<Family, 'name' | 'type' | 'labels' | 'unit' | 'help'>

const processLabels: readonly (readonly [name: RegExp, labels: readonly string[]])[] = [
  [/^nodejs_heap_space_/, ['space']],
  [/^nodejs_version_info$/, ['version', 'major', 'minor', 'patch']],
  [/^nodejs_gc_/, ['kind']],
]

const rowOfProcess = async (metric: Metric): Promise<Row> => {
  const { name, help, type } = await metric.get()
  const [, labels = []] = processLabels.find(([pattern]) => pattern.test(name)) ?? []
  const unit = /_(seconds|bytes)(_total)?$/.exec(name)?.[1] ?? ''
  return { name, help, labels, unit, type: `${type}` as Family['type'] }
}

const allRows = async (): Promise<readonly Row[]> => [
  ...families,
  ...(await Promise.all((await processMetrics()).map(rowOfProcess))),
]

const cells = ({ name, type, labels, unit, help }: Row): readonly string[] => [
  `\`${name}\``,
  type,
  labels.map((label) => `\`${label}\``).join(', '),
  unit,
  help.replaceAll('|', '\\|'),
]

const tableOf = (rows: readonly Row[]): string =>
  [['name', 'type', 'labels', 'unit', 'meaning'], Array(5).fill('---'), ...rows.map(cells)]
    .map((row) => `| ${row.join(' | ')} |`)
    .join('\n')

test('docs/metrics.md holds the table of the metrics as they are', async (t) => {
  const table = tableOf(await allRows())
  const text = readFileSync(page, 'utf8')
  assert.match(text, /<!-- metrics -->\n.*<!-- \/metrics -->/s)
  const expected = text.replace(
    /(<!-- metrics -->\n).*(<!-- \/metrics -->)/s,
    (_all, before: string, after: string) => `${before}${table}\n${after}`,
  )
  // an update of snapshots writes the page
  t.assert.fileSnapshot(expected, page, { serializers: [(whole) => whole] })
})

test('every metric has a name of its own, a sentence and units in its name', async () => {
  const rows = await allRows()
  assert.equal(new Set(rows.map(({ name }) => name)).size, rows.length)
  for (const { name, type, help } of families) {
    assert.match(name, /^(sluice|simplex_smp)_[a-z0-9_]+$/)
    assert.match(help, /^[A-Z].*[.]$/, name)
    if (name.startsWith('sluice_')) assert.equal(/_total$/.test(name), type === 'counter', name)
  }
})

/** What must not be in a label, as it might be written. */
const formsOf = (id: string): readonly string[] => {
  const bytes = Uint8Array.from(Buffer.from(id, 'latin1'))
  return [base64(bytes), base64url(bytes), Buffer.from(bytes).toString('hex'), id]
}

describe('after traffic of all kinds', async () => {
  const documented = new Map(
    [...readFileSync(page, 'utf8').matchAll(/^\| `(\w+)` \| (\w+) \| (.*?) \|/gm)].map(
      ([, name = '', type = '', labels = '']) =>
        [name, { type, labels: labels.replaceAll('`', '').split(', ').filter(Boolean) }] as const,
    ),
  )
  await using relay = await OpsRelay.start({ notificationIntervalMs: '1' })
  const client = await relay.relay.connect()
  const nKey = signingKey()
  const q = await client.creates({ subscribe: true, notifierKey: nKey })
  const nid = q.notifier?.nid ?? ''
  const unknown = unknownId()
  await client.asks([nKey, 'nsub', nid, 'NSUB'], 'SOK 0')
  client.says([unsigned, 'send', q.sid, SEND('hello', 'T')])
  await client.hearsAll(['send', q.sid, 'OK'], ['', q.rid, 'MSG T hello'], ['', nid, 'NMSG'])
  await client.asks([unsigned, 'none', unknown, SEND('x')], 'ERR AUTH')
  await client.asks([unsigned, 'what', q.rid, 'XXXX'], 'ERR CMD UNKNOWN')
  await client.asks([q.key, 'ack', q.rid, q.ack('hello')], 'OK')
  await relay.ops.totals?.refresh()
  const scraped = new Scrape(await relay.get('/metrics'))
  const { sessionId } = client.session
  const { localPort } = client.connection.socket

  test('what is there is documented, by type and labels', () => {
    for (const [name, { type, help }] of scraped.families) {
      const row = documented.get(name) ?? assert.fail(`${name} is not documented`)
      assert.equal(row.type, type, name)
      assert.ok(help.length > 0, name)
      for (const label of scraped.labelsOf(name))
        assert.ok(row.labels.includes(label), `label ${label} of ${name} is not documented`)
    }
  })

  test('what is documented is there', () => {
    assert.ok(documented.size > 80)
    for (const name of documented.keys()) assert.ok(scraped.families.has(name), name)
  })

  test('nothing that a client is known by is in it', () => {
    const ids = [q.rid, q.sid, nid, unknown, q.idOf('hello')]
    const secrets = [...ids, Buffer.from(sessionId).toString('latin1')].flatMap(formsOf)
    for (const secret of [...secrets, '127.0.0.1', `"${localPort}"`, 'XXXX'])
      assert.ok(!scraped.text.includes(secret), secret)
  })
})
