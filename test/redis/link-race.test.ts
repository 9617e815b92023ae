/** Two queues that want the same link id, of which one's pod is slow between any two of its writes. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, test } from 'node:test'
import { openRedisStore } from '../../src/store/redis/open.ts'
import { newLink } from '../store/builders.ts'
import { startPods } from '../store/cluster.ts'
import { CuttingProxy } from '../support/redis/cutting-proxy.ts'
import { startRedis, withPrefix } from '../support/redis.ts'
import { within } from '../support/within.ts'
import { newClusterKey } from './store.ts'

const server = await startRedis()
after(() => server.stop())

const openPods = async (urls: readonly string[]) => {
  const common = { clusterKeys: [newClusterKey()] as const, identity: 'test', partitions: 4 }
  const open = (pod: Parameters<typeof startPods>[0]) => startPods(pod, { pods: 2 })
  return open({
    isClustered: true,
    async start(pods) {
      const stores = await Promise.all(
        pods.map((pod, index) =>
          openRedisStore({
            ...{ ...pod, ...common, url: urls[index] ?? '' },
            ...{ durability: 'memory', onFault: () => {} },
          }),
        ),
      )
      const close = async () => void (await Promise.all(stores.map((one) => one.close())))
      return { stores, close }
    },
  })
}

/** Whether it needed more writes than that. */
const race = async (writes: number): Promise<boolean> => {
  const proxy = await CuttingProxy.start(server.port)
  const prefix = `${randomBytes(6).toString('hex')}:`
  const { pod, others, close } = await openPods(
    [server.url, proxy.url].map((url) => withPrefix(url, prefix)),
  )
  try {
    const [slow] = others
    assert.ok(slow)
    const link = newLink()
    const queues = [await slow.create(), await pod.create()] as const
    proxy.allow(writes)
    const slowly = slow.store.setLinkData(queues[0], link)
    const isCut = await within(
      'it ends or waits',
      Promise.race([slowly.then(() => false), proxy.cut.then(() => true)]),
    )
    const quick = await pod.store.setLinkData(queues[1], link)
    proxy.heal()
    const answers = [await within('the slow one', slowly), quick].map(({ outcome }) => outcome)
    assert.deepEqual(answers.toSorted(), ['done', 'taken'])
    const [winner, loser] = answers[0] === 'done' ? queues : queues.toReversed()
    assert.ok(winner && loser)
    const [found] = await pod.find('link', [link.linkId])
    assert.equal(found?.recipientId, winner.recipientId)
    assert.equal((await pod.load(winner)).linkId, link.linkId)
    assert.equal((await pod.load(loser)).linkId, undefined)
    return isCut
  } finally {
    await close()
    await proxy.stop()
  }
}

test('one of them has it, and the other one is told and has no link', async (t) => {
  let writes = 0
  for (let isCut = true; isCut; writes += 1)
    await t.test(`after ${writes} writes`, async () => {
      isCut = await race(writes)
    })
  assert.ok(writes > 2, 'it writes something')
})
