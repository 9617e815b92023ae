/** A slot of a Redis Cluster on its way from one primary to another, step by step. */
import assert from 'node:assert/strict'
import { ask } from './ask.ts'
import type { RedisCluster } from './cluster.ts'
import { HOST, type RedisServer } from './server.ts'
import { until } from './until.ts'

const SLOTS = 16_384
const AT_ONCE = 100
const MIGRATE_MS = 10_000

/** As the cluster gave them out when it was formed. */
export const primaryOf = ({ primaries }: RedisCluster, slot: number): RedisServer => {
  const index = primaries.findLastIndex(
    (_, place) => slot >= Math.floor((place * SLOTS) / primaries.length),
  )
  const primary = primaries[index]
  assert.ok(primary)
  return primary
}

const idOf = (server: RedisServer): Promise<string> =>
  ask(server, async (redis) => `${await redis.cluster('MYID')}`)

export interface SlotMove {
  readonly slot: number
  readonly from: RedisServer
  readonly to: RedisServer
}

export const beginMove = async ({ slot, from, to }: SlotMove): Promise<void> => {
  const [source, target] = await Promise.all([idOf(from), idOf(to)])
  await ask(to, (redis) => redis.cluster('SETSLOT', slot, 'IMPORTING', source))
  await ask(from, (redis) => redis.cluster('SETSLOT', slot, 'MIGRATING', target))
}

/** Of those in the slot, the ones that are wanted. */
export const moveKeys = (
  { slot, from, to }: SlotMove,
  isWanted: (key: string) => boolean = () => true,
): Promise<void> =>
  ask(from, async (redis) => {
    for (;;) {
      const all = await redis.cluster('GETKEYSINSLOT', slot, 100_000)
      const keys = all.filter(isWanted).slice(0, AT_ONCE)
      if (keys.length === 0) return
      await redis.call('MIGRATE', HOST, to.port, '', 0, MIGRATE_MS, 'KEYS', ...keys)
    }
  })

/** The rest of the keys, and then everybody knows. */
export const endMove = async (cluster: RedisCluster, move: SlotMove): Promise<void> => {
  const { slot, from, to } = move
  const target = await idOf(to)
  // a key that is made while others leave is left for the next time
  await until('the slot is empty', async () => {
    await moveKeys(move)
    return (await ask(from, (redis) => redis.cluster('COUNTKEYSINSLOT', slot))) === 0
  })
  const others = cluster.primaries.filter((one) => one !== to && one !== from)
  for (const server of [to, from, ...others])
    await ask(server, (redis) => redis.cluster('SETSLOT', slot, 'NODE', target))
}

export const moveSlot = async (cluster: RedisCluster, move: SlotMove): Promise<void> => {
  await beginMove(move)
  await endMove(cluster, move)
}
