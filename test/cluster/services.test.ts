/** A service in a cluster of processes: its holder, its queues and their senders on pods of their own. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import {
  type ClientEvent,
  type NotifierQueue,
  openClient,
  type ServiceCertificate,
  type SmpClient,
} from '../../src/client/index.ts'
import { utf8Bytes } from '../../src/protocol/bytes.ts'
import { makeIdentity } from '../client/support/identity.ts'
import { next } from '../client/support/next.ts'
import { Pods } from '../support/pods.ts'
import { redisUrl } from '../support/redis.ts'
import { within } from '../support/within.ts'

/** ENDS is due within a second; the rest is for a machine that is busy. */
const END_LIMIT_MS = 5000

let pods: Pods
before(async () => {
  pods = await Pods.start({
    url: await redisUrl('services:'),
    count: 3,
    env: { SLUICE_LOG_LEVEL: 'debug' },
  })
})
after(() => pods[Symbol.asyncDispose]())

const { chainPem, keyPem, keyHash } = makeIdentity()
const service: ServiceCertificate = { role: 'notifier', chainPem, keyPem }

const open = (pod: number, asService?: ServiceCertificate): Promise<SmpClient> =>
  openClient({ address: pods.at(pod).address, ...(asService && { service: asService }) })

const serviceEnded = (events: AsyncIterable<ClientEvent>): Promise<bigint> =>
  within(
    'ENDS',
    (async () => {
      for await (const event of events) if (event.tag === 'serviceEnded') return event.count
      return assert.fail('there are no more events')
    })(),
    END_LIMIT_MS,
  )

const hears = (notifier: NotifierQueue) => within('NMSG', next(notifier.notifications))

test('NMSG, ENDS and a killed pod', { timeout: 120_000 }, async () => {
  await using recipient = await open(0)
  await using senders = await open(2)
  const queue = await recipient.createQueue({ subscribe: false })
  const notifier = await queue.addNotifier()
  const sender = senders.openSender({ senderId: queue.credentials.senderId })
  const notify = (text: string) => sender.send(utf8Bytes(text), { notification: true })

  // the holder on one pod, the sender on another, the queue made on the third
  await using first = await open(1, service)
  const events = first.events()
  const watched = first.openNotifier(notifier)
  await watched.subscribe()
  await notify('to the first')
  await hears(watched)

  // take-over on another pod
  await using second = await open(0, service)
  const taken = second.openNotifier(notifier)
  assert.equal(await second.subscribeService([taken]), 1n)
  assert.equal(await serviceEnded(events), 1n)
  await notify('to the second')
  await hears(taken)

  // back on the pod that is to be killed
  const last = await open(1, service)
  assert.equal(await last.subscribeService([last.openNotifier(notifier)]), 1n)
  const serviceId = (await last.connection()).serviceId ?? assert.fail()
  await pods.at(1).kill()
  last.close()
  await notify('to nobody')
  await using third = await open(2, service)
  assert.equal((await third.connection()).serviceId, serviceId)
  const heir = third.openNotifier(notifier)
  assert.equal(await third.subscribeService([heir]), 1n)
  await hears(heir)
  await notify('to the third')
  await hears(heir)

  // what the pods say of it is nothing that would tell it from others
  const marks = [Buffer.from(serviceId, 'latin1'), Buffer.from(keyHash)].flatMap((bytes) =>
    (['hex', 'base64', 'base64url'] as const).map((coding) =>
      bytes.toString(coding).replace(/=+$/, ''),
    ),
  )
  for (const { log } of pods.all)
    for (const mark of marks) assert.ok(!log.includes(mark.slice(0, 16)), 'the service is in a log')
})
