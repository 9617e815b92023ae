/** Imports of files as the reference keeps them, into a real Redis. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, test } from 'node:test'
import { openMessage } from '../../src/crypto/message-box.ts'
import { nativeCrypto } from '../../src/crypto/native.ts'
import { findStateFiles } from '../../src/migrate/state-files.ts'
import { idBytes, recipientIdOf } from '../../src/protocol/ids.ts'
import type { RedisTransfer } from '../../src/store/redis/transfer.ts'
import { sizeOf } from '../store/cluster.ts'
import { redisUrl } from '../support/redis.ts'
import { recordedState, StateFolder } from '../support/state-folder.ts'
import { fromHex, loadVectors } from '../support/vectors.ts'
import { newClusterKey } from './store.ts'
import { exportFrom, importFiles, linesIn, type Place, storeAt, transferAt } from './transfers.ts'

interface ExpectedMessage {
  readonly msgId: string
  readonly timestamp: number
  readonly notification?: boolean
  readonly body?: string
}

interface Expected {
  readonly runs: readonly {
    readonly directory: 'first' | 'second'
    readonly messages: readonly {
      readonly recipientId: string
      readonly messages: readonly ExpectedMessage[]
    }[]
  }[]
}

const expected = loadVectors<Expected>('reference-state/expected')

const newPlace = async (): Promise<Place> => ({
  url: await redisUrl(randomBytes(6).toString('hex')),
  clusterKeys: [newClusterKey()],
})

const withTransfer = async (
  run: (transfer: RedisTransfer, place: Place) => Promise<void>,
): Promise<void> => {
  const place = await newPlace()
  await using transfer = await transferAt(place)
  await run(transfer, place)
}

/** What an export writes of the recorded state: its last log, without what is not carried over. */
const kept = (line: string): string => line.replace(/ (?:updated_at|nsrv|rsrv)=\S+/g, '')
const recordedQueues = linesIn(recordedState('second'), 'smp-server-store.log')
  .filter((line) => line.startsWith('CREATE'))
  .map(kept)
  .sort()

describe('the recorded state of the reference', () => {
  for (const { directory, messages } of expected.runs)
    test(`${directory}: every queue, message and notification is there`, () =>
      withTransfer(async (transfer) => {
        const files = await findStateFiles(recordedState(directory))
        const { tally, verified, problems } = await importFiles(files, { destination: transfer })
        assert.deepEqual(problems, [])
        const { queues } = tally
        assert.deepEqual(queues, {
          ...{ active: 10, suspended: 1, blocked: 2 },
          ...{ secured: 2, links: 2, notifiers: 3, ofServices: 1 },
        })
        assert.deepEqual(verified?.queues, queues)
        assert.equal(verified?.messages, directory === 'first' ? 141 : 140)
        assert.equal(verified?.notifications, 4)
        assert.deepEqual([tally.services, verified?.services], [1, 1])
        assert.deepEqual(await sizeOf(transfer), { queues: 13, messages: tally.messages })
        for (const { recipientId, messages: those } of messages) {
          const held = await transfer.find(recipientIdOf(fromHex(recipientId)))
          assert.ok(held)
          const found = (await held.messages()).map((stored) => {
            const messageId = idBytes(stored.messageId)
            const msgId = Buffer.from(messageId).toString('hex')
            if (stored.kind === 'quota') return { msgId, timestamp: stored.timestamp, quota: true }
            const key = { secret: held.record.dhSecret, messageId }
            const opened = openMessage(nativeCrypto, key, stored.body)
            assert.ok(opened.tag === 'message')
            const body = Buffer.from(opened.body).toString('hex')
            return { msgId, timestamp: opened.timestamp, notification: opened.notification, body }
          })
          assert.deepEqual(found, those)
        }
        const { lines } = await exportFrom(transfer)
        assert.deepEqual(lines.queues, recordedQueues)
        for (const kind of ['messages', 'notifications'] as const) {
          const name = kind === 'messages' ? 'smp-server-messages.log' : 'smp-server-ntfs.log'
          assert.deepEqual(lines[kind], [...linesIn(recordedState(directory), name)].sort())
        }
      }))

  test('imported again nothing is doubled, also what was received meanwhile does not come back', () =>
    withTransfer(async (transfer, place) => {
      const files = await findStateFiles(recordedState('first'))
      await importFiles(files, { destination: transfer })
      const before = await exportFrom(transfer)
      const again = await importFiles(files, { destination: transfer })
      assert.deepEqual(again.problems, [])
      assert.deepEqual(again.tally.put, { made: 0, same: 13, changed: 0 })
      assert.equal(again.tally.messagesAdded + again.tally.notificationsAdded, 0)
      assert.deepEqual((await exportFrom(transfer)).lines, before.lines)

      const store = await storeAt(place)
      const id = recipientIdOf(fromHex(expected.runs[0]?.messages[0]?.recipientId ?? ''))
      const [found] = await store.loadQueues('recipient', [id])
      assert.ok(found?.outcome === 'found')
      const peeked = await store.peekMessage(found.queue)
      assert.ok(peeked.outcome === 'done' && peeked.head)
      await store.acknowledge(found.queue, { messageId: peeked.head.messageId })
      await store.suspendQueue(found.queue)
      await store.close()
      const later = await importFiles(files, { destination: transfer })
      assert.deepEqual(later.tally.put, { made: 0, same: 12, changed: 1 })
      assert.equal(later.tally.messagesAdded, 0)
      assert.equal(
        (await exportFrom(transfer)).lines.messages.length,
        before.lines.messages.length - 1,
      )
    }))

  test('a full queue takes messages again when all of it was received, and not before', () =>
    withTransfer(async (transfer, place) => {
      await importFiles(await findStateFiles(recordedState('first')), { destination: transfer })
      const store = await storeAt(place)
      const full = expected.runs[0]?.messages.find(({ messages }) => messages.length === 129)
      const id = recipientIdOf(fromHex(full?.recipientId ?? ''))
      const [found] = await store.loadQueues('recipient', [id])
      assert.ok(found?.outcome === 'found')
      const { queue } = found
      const send = async () => {
        const messageId = recipientIdOf(randomBytes(24)) as never
        const message = {
          kind: 'message',
          messageId,
          timestamp: 1_795_365_500,
          body: new Uint8Array(16_122),
        } as const
        return (await store.appendMessage(queue, { message })).outcome
      }
      for (let left = 129; left > 0; left--) {
        if (left % 16 === 1) assert.equal(await send(), 'full')
        const peeked = await store.peekMessage(queue)
        assert.ok(peeked.outcome === 'done' && peeked.head, `${left} are left`)
        await store.acknowledge(queue, { messageId: peeked.head.messageId })
      }
      assert.equal(await send(), 'done')
      await store.close()
    }))
})

const RID = (letter: string): string => letter.repeat(32)
const KEY = `MCowBQYDK2VwAyEA${'A'.repeat(43)}=`
const SECRET = `${'A'.repeat(43)}=`
const queue = (letter: string, { sender = letter, more = '' } = {}): string =>
  `CREATE rid=${RID(letter)} rk=${KEY} rdh=${SECRET} sid=${sender.repeat(31)}s sk=${more}`
const message = (letter: string, number: number, seconds = 1_795_365_399): string =>
  `v3 ${RID(letter)} ${`${number}`.padStart(32, 'M')} ${seconds} flags=F Ym9keQ==`

describe('what cannot be imported is listed with its line', () => {
  const cases: readonly (readonly [
    name: string,
    lines: ConstructorParameters<typeof StateFolder>[0],
    problems: readonly string[],
    counts: { readonly queues: number; readonly messages: number },
  ])[] = [
    [
      'a queue whose sender id another one has, with its messages',
      {
        queues: [queue('A'), queue('B', { sender: 'A' })],
        messages: [message('A', 1), message('B', 2)],
      },
      [
        'smp-server-store.log:2: left out: another queue has one of its ids',
        'smp-server-messages.log:2: left out with its queue',
      ],
      { queues: 1, messages: 1 },
    ],
    [
      'a link id that another queue has: the queue is there without',
      {
        queues: ['A', 'B'].map((one) =>
          queue(one, { more: ` link_id=${RID('L')} queue_data=Zml4ZWQ= dXNlcg==` }),
        ),
      },
      ['smp-server-store.log:2: without its link: another queue has the link id'],
      { queues: 2, messages: 0 },
    ],
    [
      'messages and notifications of nobody, and lines that cannot be read',
      {
        queues: [queue('A')],
        messages: [message('B', 1), 'v3 wrong', message('A', 2)],
        notifications: [`v1 ${RID('N')} ${RID('M')} 1795365399 ${RID('O')} ${'meta'.repeat(48)}`],
      },
      [
        'smp-server-messages.log:2: the recipient id is not base64url',
        'smp-server-messages.log:1: a message of no queue',
        'smp-server-ntfs.log:1: a notification of no notifier',
      ],
      { queues: 1, messages: 1 },
    ],
  ]
  for (const [name, lines, problems, counts] of cases)
    test(name, () =>
      withTransfer(async (transfer) => {
        using folder = new StateFolder(lines)
        const outcome = await importFiles(await folder.files(), { destination: transfer })
        assert.deepEqual([...outcome.problems].sort(), [...problems].sort())
        assert.deepEqual(await sizeOf(transfer), counts)
      }),
    )
})

test('messages of a queue that are apart in the file stay in their order; old ones are left', () =>
  withTransfer(async (transfer) => {
    const messages = [
      ...[message('A', 1), message('B', 1), message('A', 2, 5), message('B', 2)],
      ...[message('A', 3), message('A', 4), `v3 ${RID('A')} ${RID('Q')} 5 quota`],
    ]
    using folder = new StateFolder({ queues: [queue('A'), queue('B')], messages })
    for (const round of [1, 2]) {
      const { problems, tally } = await importFiles(await folder.files(), { destination: transfer })
      assert.deepEqual(problems, [], `round ${round}`)
      assert.equal(tally.messagesExpired, 1)
      assert.equal(tally.messagesAdded, round === 1 ? 6 : 0)
    }
    const { lines, tally } = await exportFrom(transfer)
    const isOld = (line: string) => line.includes(' 5 flags')
    assert.deepEqual(lines.messages, messages.filter((line) => !isOld(line)).sort())
    assert.equal(tally.markers, 1)
    const held = await transfer.find(recipientIdOf(Buffer.from(RID('A'), 'base64url')))
    const ids = (await held?.messages())?.map(({ messageId }) =>
      Buffer.from(messageId, 'latin1').toString('base64url').at(-1),
    )
    assert.deepEqual(ids, ['1', '3', '4', 'Q'])
  }))

test('a queue that was made under an older cluster key is the same one', async () => {
  const place = await newPlace()
  const files = await findStateFiles(recordedState('first'))
  await using old = await transferAt(place)
  await importFiles(files, { destination: old })
  await using rotated = await transferAt({
    ...place,
    clusterKeys: [newClusterKey(), ...place.clusterKeys],
  })
  const { tally, problems } = await importFiles(files, { destination: rotated })
  assert.deepEqual(problems, [])
  assert.deepEqual(tally.put, { made: 0, same: 13, changed: 0 })
  assert.equal((await exportFrom(rotated)).lines.queues.length, 13)
})

test('one set of files is imported into a cluster, and when it is complete not again', () =>
  withTransfer(async (transfer) => {
    assert.equal(await transfer.beginImport('one'), 'begun')
    assert.equal(await transfer.beginImport('one'), 'begun')
    assert.equal(await transfer.beginImport('two'), 'other')
    await transfer.completeImport('one')
    assert.equal(await transfer.beginImport('one'), 'complete')
    assert.equal(await transfer.beginImport('two'), 'other')
  }))
