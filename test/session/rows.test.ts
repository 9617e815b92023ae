/**
 * protocol.md 14.1: the reference's own tests of queues and messages, one by one, as wire-in and
 * wire-out lines. All rows are here; `instead` says what applies to this relay where the row's own
 * subject does not.
 */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as create from './rows/create.ts'
import * as deliver from './rows/deliver.ts'
import * as keep from './rows/keep.ts'
import * as links from './rows/links.ts'
import * as services from './rows/services.ts'

interface Row {
  readonly row: number
  readonly name: string
  readonly run?: () => Promise<void>
  /** What holds for an in-memory store, which `run` then shows, or where the row is tested. */
  readonly instead?: string
}

const rows: readonly Row[] = [
  { row: 1, name: 'NEW, KEY, SEND', run: create.keyAndSend },
  { row: 2, name: 'NEW, SKEY, SEND', run: create.skeyAndSend },
  { row: 3, name: 'SKEY to a contact queue', run: create.skeyInContactMode },
  { row: 4, name: 'RKEY', run: create.recipientKeys },
  { row: 5, name: 'NEW, OFF, DEL', run: create.offAndDel },
  { row: 6, name: 'fifty queues with one key and empty corrIds', run: create.fiftySubscriptions },
  { row: 7, name: 'no new queues', run: create.noNewQueues },
  { row: 8, name: 'duplex exchange', run: create.duplex },
  { row: 9, name: 'switch of the subscription', run: deliver.switchSubscription },
  { row: 10, name: 'GET', run: deliver.getCommand },
  { row: 11, name: 'GET and SUB on two connections', run: deliver.getAndSub },
  { row: 12, name: 'quota', run: deliver.quota },
  { row: 13, name: 'two senders at once', run: deliver.concurrentSenders },
  {
    row: 14,
    name: 'restart without a store log',
    instead: 'queues are gone with the process (AUTH); sender = subscriber sees MSG before OK',
    run: keep.nothingOutlivesTheProcess,
  },
  {
    row: 15,
    name: 'messages restored',
    instead:
      'messages outlive connections: the unacknowledged one again, then in order, marker last',
    run: keep.messagesOutliveConnections,
  },
  {
    row: 16,
    name: 'some of the messages expire',
    instead: 'by the clock instead of a restart',
    run: keep.someExpire,
  },
  {
    row: 17,
    name: 'Prometheus file',
    instead: 'metrics are served by HTTP, not written to a file',
  },
  {
    row: 18,
    name: 'timing of AUTH',
    instead: 'a benchmark; the same work is counted in auth-work.test.ts',
  },
  { row: 19, name: 'notifications', run: keep.notifications },
  { row: 20, name: 'service notifications', run: services.serviceNotifications },
  {
    row: 21,
    name: 'service association',
    instead: 'of connections instead of restarts, which a store in memory does not outlive',
    run: services.serviceAssociation,
  },
  { row: 22, name: 'expiry on SEND', run: keep.expireOnSend },
  { row: 23, name: 'expiry by interval', run: keep.expireByInterval },
  { row: 24, name: 'long interval', run: keep.longInterval },
  { row: 25, name: 'SKEY to a blocked queue', run: links.skeyOnBlocked },
  { row: 26, name: 'invitation link', run: links.invitationLink },
  { row: 27, name: 'contact link', run: links.contactLink },
]

describe('14.1', () => {
  test('no row is left out', () => {
    assert.deepEqual(
      rows.map(({ row }) => row),
      Array.from({ length: 27 }, (_, index) => index + 1),
    )
    for (const { row, run, instead } of rows)
      assert.ok(run !== undefined || instead !== undefined, `row ${row} is tested, or says why not`)
  })
  for (const { row, name, run, instead } of rows) {
    const title = `row ${row}: ${name}${instead === undefined ? '' : ` (here: ${instead})`}`
    if (run !== undefined) test(title, run)
  }
})
