/** `sluice import` that is killed, again and again, and in the end has done all once. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { test } from 'node:test'
import { createIdentity, loadIdentity } from '../../src/identity/identity.ts'
import { base64url } from '../../src/protocol/text.ts'
import { openRedisTransfer } from '../../src/store/redis/open.ts'
import { sizeOf } from '../store/cluster.ts'
import { writeManyQueues } from '../support/many-queues.ts'
import { until } from '../support/redis/until.ts'
import { redisUrl } from '../support/redis.ts'
import { runSluice, startSluice } from '../support/sluice.ts'
import { StateFolder } from '../support/state-folder.ts'
import { exportFrom, limits, linesIn } from './transfers.ts'

const QUEUES = 6000
const MESSAGES = 1500

/** As the log says in the end, without the dates. */
const expectedQueues = (folder: string): readonly string[] => {
  const queues = new Map<string, string>()
  for (const line of linesIn(folder, 'smp-server-store.log')) {
    const [tag, id = '', key = ''] = line.split(' ')
    const rid = id.replace('rid=', '')
    if (tag === 'CREATE') queues.set(rid, line.replace(/ updated_at=\d+/, ''))
    if (tag === 'SECURE') queues.set(rid, (queues.get(rid) ?? '').replace(' sk= ', ` sk=${key} `))
  }
  return [...queues.values()].sort()
}

test('an import that is killed at any point is done once when it is run again', {
  timeout: 180_000,
}, async () => {
  using folder = new StateFolder()
  const identityFolder = join(folder.path, 'identity')
  await createIdentity({ directory: identityFolder, hosts: ['localhost'], algorithm: 'Ed25519' })
  const sentAt = Math.floor(Date.now() / 1000)
  await writeManyQueues({ directory: folder.path, queues: QUEUES, messages: MESSAGES, sentAt })
  const url = await redisUrl(randomBytes(6).toString('hex'))
  const clusterKey = randomBytes(32)
  const env = {
    SLUICE_DATA_DIR: identityFolder,
    SLUICE_REDIS_URL: url,
    SLUICE_CLUSTER_KEY: clusterKey.toString('hex'),
  }
  const { fingerprint } = await loadIdentity(identityFolder)
  await using transfer = await openRedisTransfer({
    ...{ url, limits, partitions: 256, durability: 'memory', now: Date.now },
    ...{ clusterKeys: [new Uint8Array(clusterKey)], identity: base64url(fingerprint) },
    onFault: () => {},
  })
  const points = [
    ...[1, 2000, 4500].map((queues) => ({ queues, messages: 0 })),
    ...[1, 700].map((messages) => ({ queues: QUEUES, messages })),
  ]
  for (const { queues, messages } of points) {
    const { child, result } = startSluice(['import', folder.path], env)
    await until(`${queues} queues and ${messages} messages are there`, async () => {
      assert.equal(child.exitCode, null, 'the import was too quick to be killed')
      const there = await transfer.count()
      return there.queues >= queues && there.messages >= messages
    })
    child.kill('SIGKILL')
    assert.equal((await result).code, null)
  }
  const { code, out, err } = await runSluice(['import', folder.path], env)
  assert.equal(code, 0, `${out}${err}`)
  assert.match(out, /There before: \d{4} queues; \d+ messages/)
  assert.deepEqual(await sizeOf(transfer), { queues: QUEUES, messages: MESSAGES })
  const { lines, folder: exported } = await exportFrom(transfer)
  assert.deepEqual(lines.queues, expectedQueues(folder.path))
  // in the order of each queue, too
  const ordered = (path: string) => {
    const all = new Map<string, string[]>()
    for (const line of linesIn(path, 'smp-server-messages.log')) {
      const [, rid = ''] = line.split(' ')
      all.set(rid, [...(all.get(rid) ?? []), line])
    }
    return all
  }
  const [before, after] = [ordered(folder.path), ordered(join(exported.path, 'out'))]
  assert.equal(after.size, before.size)
  for (const [rid, messages] of before) assert.deepEqual(after.get(rid), messages)
  exported[Symbol.dispose]()
})
