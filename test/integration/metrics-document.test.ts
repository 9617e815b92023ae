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

/** Names of the reference's metrics after `simplex_smp_`. */
const ofReference: readonly string[] = [
  'queues_created queues_secured queues_blocked queues_deleted queues_deleted_batch',
  'queues_total1 queues_total2 queues_daily queues_weekly queues_monthly',
  'queues_notify_daily queues_notify_weekly queues_notify_monthly',
  'queues_notify_created queues_notify_new_created queues_notify_deleted',
  'queues_notify_deleted_batch queues_notify_total1 queues_notify_total2',
  'subscribtion_successes subscribtion_successes_batch subscribtion_end subscribtion_end_batch',
  'subscribtion_errors subscription_ntf_requests subscription_ntf_requests_batch',
  'subscribtion_ntf_errors messages_sent messages_sent_errors messages_received messages_expired',
  'messages_total messages_notify_sent messages_notify_received messages_notify_get_sent',
  'messages_notify_get_received messages_notify_get_errors messages_ntf_successes',
  'messages_ntf_successes_batch messages_ntf_errors relay_sessions_requests',
  'relay_sessions_successes relay_sessions_errors relay_messages_requests',
  'relay_messages_successes relay_messages_errors relay_messages_received',
  ...['rcv', 'ntf'].flatMap((kind) =>
    ['count', 'queues_count', 'assoc_new', 'assoc_duplicate', 'assoc_updated', 'assoc_removed']
      .concat('sub_count', 'sub_duplicate', 'sub_queues', 'sub_end')
      .map((ending) => `${kind}_services_${ending}`),
  ),
  'info sockets_accepted sockets_closed sockets_active sockets_leaked threads_total clients_total',
  'delivered_total delivered_clients_total delivery_ack_confirmed_time',
  'delivery_ack_confirmed_count delivery_ack_pending_count delivery_ack_time_max',
  'subscribtion_total subscribtion_clients_total subscribtion_services_total',
  'subscription_ntf_total subscription_ntf_clients_total subscribtion_nts_services_total',
  'loaded_queues_queue_count loaded_queues_ntf_count loaded_queues_open_journal_count',
  'loaded_queues_queue_lock_count loaded_queues_ntf_lock_count',
].flatMap((names) => names.split(' '))

test('of each metric of the reference docs/metrics.md says that it is there, or why it is not', () => {
  const [, table = ''] =
    /these are left out:\n(.*?)\n\n<!-- Made/s.exec(readFileSync(page, 'utf8')) ?? []
  const named = [...table.matchAll(/^\| (.*?) \|/gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`(\w+)(…?)`/g)].map(([, name = '', more]) => ({
      name,
      isGroup: more !== '',
    })),
  )
  const isLeftOut = (name: string) =>
    named.some((one) => (one.isGroup ? name.startsWith(one.name) : name === one.name))
  const exported = new Set(families.map(({ name }) => name.replace('simplex_smp_', '')))
  // of these only a label is left out
  const inPart = new Set(['info', 'messages_ntf_errors'])
  for (const name of ofReference)
    assert.ok(exported.has(name) !== isLeftOut(name) || inPart.has(name), name)
  for (const { name } of families.filter((one) => one.name.startsWith('simplex_smp_')))
    assert.ok(
      ofReference.includes(name.replace('simplex_smp_', '')),
      `${name} is not of the reference`,
    )
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
