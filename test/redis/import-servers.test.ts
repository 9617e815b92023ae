/** Imports and exports where there are several servers, or one that is full. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { findStateFiles } from '../../src/migrate/state-files.ts'
import { sizeOf } from '../store/cluster.ts'
import { writeManyQueues } from '../support/many-queues.ts'
import { ask } from '../support/redis/ask.ts'
import { CALM_CLUSTER, startCluster, startRedis, withPrefix } from '../support/redis.ts'
import { runSluice } from '../support/sluice.ts'
import { recordedState, StateFolder } from '../support/state-folder.ts'
import { newClusterKey } from './store.ts'
import { exportFrom, importFiles, linesIn, transferAt } from './transfers.ts'

describe('a Redis Cluster', async () => {
  const cluster = await startCluster({ ...CALM_CLUSTER, primaries: 3, replicasEach: 0 })
  after(() => cluster.stop())

  test('gives back what its servers were given, each queue once', async () => {
    using folder = new StateFolder()
    const sentAt = 1_795_365_399
    await writeManyQueues({ directory: folder.path, queues: 3000, messages: 60, sentAt })
    await using transfer = await transferAt({
      // what stands for something in a pattern stands for itself
      url: withPrefix(cluster.url, 'a*[b]?'),
      clusterKeys: [newClusterKey()],
    })
    await using other = await transferAt({
      url: withPrefix(cluster.url, 'abb:'),
      clusterKeys: [newClusterKey()],
    })
    await importFiles(await findStateFiles(recordedState('first')), { destination: other })
    const { problems } = await importFiles(await folder.files(), {
      destination: transfer,
      shareBytes: 200_000,
    })
    assert.deepEqual(problems, [])
    assert.deepEqual(await sizeOf(transfer), { queues: 3000, messages: 60 })
    const { lines, problems: unread } = await exportFrom(transfer)
    assert.deepEqual(unread, [])
    const ids = new Set(lines.queues.map((line) => line.split(' ')[1]))
    assert.deepEqual([lines.queues.length, ids.size], [3000, 3000])
    assert.deepEqual(lines.messages, [...linesIn(folder.path, 'smp-server-messages.log')].sort())
  })
})

test('a Redis that is full is one line; with more memory the import goes on', async () => {
  const server = await startRedis({
    args: ['--maxmemory', '8mb', '--maxmemory-policy', 'noeviction'],
  })
  after(() => server.stop())
  using folder = new StateFolder()
  const data = join(folder.path, 'data')
  mkdirSync(data)
  await writeManyQueues({
    ...{ directory: folder.path, queues: 200, messages: 800 },
    sentAt: Math.floor(Date.now() / 1000),
  })
  const env = {
    SLUICE_DATA_DIR: data,
    SLUICE_REDIS_URL: server.url,
    SLUICE_CLUSTER_KEY: randomBytes(32).toString('hex'),
  }
  assert.equal((await runSluice(['init'], env)).code, 0)
  const { code, err } = await runSluice(['import', folder.path], env)
  assert.equal(code, 1)
  assert.match(
    err,
    /^sluice: Redis is full: give it more memory \(maxmemory\), then run this again$/m,
  )
  await ask(server, (redis) => redis.config('SET', 'maxmemory', '100mb'))
  const second = await runSluice(['import', folder.path], env)
  assert.equal(second.code, 0, second.err)
  assert.match(second.out, /^ {2}messages +800 +800$/m)
})
