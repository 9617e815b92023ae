/** Services of the reference in a cluster: their ids and roles, and the notifiers that are theirs. */
import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { describe, test } from 'node:test'
import { findStateFiles } from '../../src/migrate/state-files.ts'
import type { ServiceRole } from '../../src/protocol/handshake.ts'
import { notifierIdOf, serviceIdOf } from '../../src/protocol/ids.ts'
import type { RedisTransfer } from '../../src/store/redis/transfer.ts'
import type { QueueStore } from '../../src/store/store.ts'
import { newSubscriber } from '../store/builders.ts'
import { redisUrl } from '../support/redis.ts'
import { recordedState, StateFolder } from '../support/state-folder.ts'
import { fromHex, loadVectors } from '../support/vectors.ts'
import { newClusterKey } from './store.ts'
import { importFiles, storeAt, transferAt } from './transfers.ts'

interface Expected {
  readonly service: { readonly serviceId: string; readonly certHash: string }
  readonly queues: readonly {
    readonly notifier: { readonly notifierId: string; readonly serviceId: string | null } | null
  }[]
}

const expected = loadVectors<Expected>('reference-state/expected')
const recorded = {
  serviceId: serviceIdOf(fromHex(expected.service.serviceId)),
  hash: fromHex(expected.service.certHash),
}
const theirs = expected.queues.find(({ notifier }) => notifier?.serviceId)?.notifier
const theirNotifier = notifierIdOf(fromHex(theirs?.notifierId ?? ''))

type Run = (transfer: RedisTransfer, store: QueueStore) => Promise<void>

/** Somewhere to import into, and a pod there. */
const inCluster = async (run: Run): Promise<void> => {
  const url = await redisUrl(randomBytes(6).toString('hex'))
  const place = { url, clusterKeys: [newClusterKey()] } as const
  await using transfer = await transferAt(place)
  const store = await storeAt(place)
  try {
    await run(transfer, store)
  } finally {
    await store.close()
  }
}

const registered = async (store: QueueStore, hash: Uint8Array, role: ServiceRole = 'notifier') => {
  const found = await store.registerService({ hash, role })
  assert.ok(found.outcome === 'done')
  return found.service
}

describe('the service of the recorded state', () => {
  for (const directory of ['first', 'second'] as const)
    for (const shareBytes of [undefined, 500])
      test(`${directory}, read ${shareBytes ? 'in shares' : 'at once'}: has its id, role and notifier`, () =>
        inCluster(async (transfer, store) => {
          const files = await findStateFiles(recordedState(directory))
          const into = { destination: transfer, ...(shareBytes && { shareBytes }) }
          // whatever was there before
          for (const round of [1, 2, 3]) {
            const { problems, tally, verified } = await importFiles(files, into)
            assert.deepEqual(problems, [], `round ${round}`)
            assert.deepEqual([tally.services, verified?.services], [1, 1])
            assert.deepEqual([tally.queues.ofServices, verified?.queues.ofServices], [1, 1])
          }
          const counted = await store.count()
          assert.deepEqual([counted.serviceNotifiers, counted.services.notifier], [1, 1])
          const { hash } = recorded
          const other = await store.registerService({ hash, role: 'messaging' })
          assert.deepEqual(other, { outcome: 'refused' })
          const service = await registered(store, hash)
          assert.equal(service.serviceId, recorded.serviceId)
          const holder = newSubscriber()
          assert.deepEqual(await store.subscribeService(service, holder), { count: 1 })
          const { connection } = holder
          const taken = await store.takeServiceNotifications(service, { connection, limit: 10 })
          const ids = taken.notifications.map(({ notifierId }) => notifierId)
          assert.deepEqual(ids, [theirNotifier])
          const [found] = await store.loadQueues('notifier', [theirNotifier])
          assert.ok(found?.outcome === 'found')
          assert.deepEqual(found.queue.notifier?.service, service)
          // and none is left over when it goes
          await store.deleteQueue(found.queue, 0)
          const later = await store.subscribeService(service, newSubscriber())
          assert.deepEqual(later, { count: 0 })
          const { notifiers, serviceNotifiers } = await store.count()
          assert.deepEqual([notifiers, serviceNotifiers], [counted.notifiers - 1, 0])
        }))
})

const RID = (letter: string): string => letter.repeat(32)
const SECRET = `${'A'.repeat(43)}=`
const KEY = `MCowBQYDK2VwAyEA${SECRET}`

const queue = (letter: string, more = ''): string =>
  `CREATE rid=${RID(letter)} rk=${KEY} rdh=${SECRET} sid=${letter.repeat(31)}s sk=${more}`
const notifier = (letter: string): string => ` notifier=${letter.repeat(31)}n ${KEY} ${SECRET}`

/** The certificate is any bytes: nothing but its hash is looked at. */
const certificate = (name: string): Buffer => Buffer.from(`certificate of ${name}`)
const hashOf = (name: string): Buffer => createHash('sha256').update(certificate(name)).digest()
const padded = (bytes: Buffer): string =>
  bytes.toString('base64').replace(/[+]/g, '-').replace(/[/]/g, '_')

const service = (letter: string, role: 'M' | 'N' | 'P', { of = letter, hash = hashOf(of) } = {}) =>
  `NEW_SERVICE service_id=${RID(letter)} role=${role} cert=${padded(certificate(of))} cert_hash=${padded(hash)} created_at=1795305600`

const LOG = 'smp-server-store.log'

describe('services and their queues', () => {
  test('a messaging service has its queues, each role its services', () =>
    inCluster(async (transfer, store) => {
      using folder = new StateFolder({
        queues: [
          ...[service('M', 'M'), service('N', 'N'), service('P', 'P')],
          queue('A', ` rsrv=${RID('M')}`),
          queue('B', `${notifier('B')} nsrv=${RID('N')}`),
          ...[queue('C', notifier('C')), `QUEUE_SERVICE ${RID('C')} N ${RID('N')}`],
          // once and no more, and another notifier
          ...[queue('D', notifier('D')), `QUEUE_SERVICE ${RID('D')} N ${RID('N')}`],
          `QUEUE_SERVICE ${RID('D')} N`,
          ...[queue('E', notifier('E')), `QUEUE_SERVICE ${RID('E')} N ${RID('N')}`],
          `NOTIFIER ${RID('E')} ${'F'.repeat(32)} ${KEY} ${SECRET}`,
        ],
      })
      const { problems, tally } = await importFiles(await folder.files(), { destination: transfer })
      assert.deepEqual(problems, [])
      assert.equal(tally.services, 3)
      assert.equal(tally.queues.ofServices, 3)
      const roles = { M: 'messaging', N: 'notifier', P: 'proxy' } as const
      for (const [letter, role] of Object.entries(roles)) {
        const { serviceId } = await registered(store, hashOf(letter), role)
        assert.equal(Buffer.from(serviceId, 'latin1').toString('base64url'), RID(letter))
      }
      const watching = await registered(store, hashOf('N'))
      assert.deepEqual(await store.subscribeService(watching, newSubscriber()), { count: 2 })
      const sender = Buffer.from(`${'A'.repeat(31)}s`, 'base64url')
      const [found] = await store.loadQueues('sender', [sender.toString('latin1') as never])
      assert.ok(found?.outcome === 'found')
      assert.equal(found.queue.serviceId, Buffer.from(RID('M'), 'base64url').toString('latin1'))
    }))

  const cases: readonly (readonly [
    name: string,
    lines: readonly string[],
    problems: readonly string[],
  ])[] = [
    [
      'a hash that is not of its certificates',
      [service('N', 'N', { hash: hashOf('another') }), queue('A')],
      ['1: cert_hash is that of no certificate'],
    ],
    [
      'an id that another service has',
      [service('N', 'N'), service('N', 'N', { of: 'another' }), queue('A')],
      ['2: left out: another service has its id'],
    ],
    [
      'a certificate in two roles, and under two ids',
      [service('N', 'N'), service('O', 'M', { of: 'N' }), service('P', 'N', { of: 'N' })],
      [
        '2: left out: its certificate has another role',
        '3: its certificate has another id in the cluster, which stays',
      ],
    ],
    [
      'queues of services that are not known, or of another role',
      [
        service('N', 'N'),
        queue('A', ` rsrv=${RID('N')}`),
        queue('B', `${notifier('B')} nsrv=${RID('X')}`),
      ],
      [
        '2: without its messaging service: there is none of this id',
        '3: without its notifier service: there is none of this id',
      ],
    ],
    [
      'a notifier that is not there',
      [service('N', 'N'), queue('A'), `QUEUE_SERVICE ${RID('A')} N ${RID('N')}`],
      ['3: QUEUE_SERVICE of a notifier that was not created before'],
    ],
  ]
  for (const [name, lines, problems] of cases)
    test(`listed: ${name}`, () =>
      inCluster(async (transfer) => {
        using folder = new StateFolder({ queues: lines })
        const outcome = await importFiles(await folder.files(), { destination: transfer })
        const listed = problems.map((problem) => `${LOG}:${problem}`)
        assert.deepEqual([...outcome.problems].sort(), listed)
        const queues = lines.filter((line) => line.startsWith('CREATE')).length
        assert.equal((await transfer.count()).queues, queues)
      }))

  test('one that has come to a relay before: its id there stays, and its notifiers are its own', () =>
    inCluster(async (transfer, store) => {
      const earlier = await registered(store, hashOf('N'))
      using folder = new StateFolder({
        queues: [service('N', 'N'), queue('A', `${notifier('A')} nsrv=${RID('N')}`)],
      })
      const { problems } = await importFiles(await folder.files(), { destination: transfer })
      const problem = '1: its certificate has another id in the cluster, which stays'
      assert.deepEqual(problems, [`${LOG}:${problem}`])
      assert.deepEqual(await registered(store, hashOf('N')), earlier)
      assert.deepEqual(await store.subscribeService(earlier, newSubscriber()), { count: 1 })
    }))
})
