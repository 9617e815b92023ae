/** Whether the servers can hold the queues, and whether the cluster in them is one we understand. */
import { StoreUnavailable } from '../store-error.ts'
import { parseAnswer, textOf } from './answer.ts'
import type { ClusterKeys } from './cluster-keys.ts'
import type { Durability } from './connection/group-commit.ts'
import type { Servers } from './connection/servers.ts'
import { fieldOf } from './info.ts'
import { type Keys, SCHEMA_VERSION } from './keys.ts'
import { isTooOld, NEEDED, versionOfInfo, versionText } from './redis-version.ts'
import { scripts } from './scripts.ts'

/** One line that says what to do. */
export class ServerProblem extends Error {
  override readonly name = 'ServerProblem'
}

export interface Checked {
  readonly servers: Servers
  readonly keys: Keys
  readonly clusterKeys: ClusterKeys
  readonly durability: Durability
  /** Fingerprint of the relays' identity. */
  readonly identity: string
  readonly ignoresPolicy: boolean
  readonly onFault: (error: unknown, during: string) => void
}

const checkVersion = (info: string, durability: Durability): void => {
  const server = versionOfInfo(info)
  const text = versionText(server)
  if (isTooOld(server)) throw new ServerProblem(`${text} is too old: ${NEEDED} is needed`)
  const [major = 0, minor = 0] = server.version.split('.').map(Number)
  if (durability === 'fsync' && server.name === 'Redis' && major === 7 && minor < 2)
    throw new ServerProblem(
      `SLUICE_DURABILITY fsync needs Redis 7.2 or Valkey 8, and this is ${text}`,
    )
}

/** With any other policy Redis throws accepted messages away when it is full. */
const checkPolicy = (info: string): void => {
  const policy = fieldOf(info, 'maxmemory_policy')
  if (policy !== undefined && policy !== 'noeviction')
    throw new ServerProblem(
      `Redis has maxmemory-policy ${policy}, which deletes queues when memory is short: set noeviction, or SLUICE_REDIS_EVICTION=allowed to lose them`,
    )
}

const checkDisk = (info: string): void => {
  if (fieldOf(info, 'aof_enabled') === '0')
    throw new ServerProblem('SLUICE_DURABILITY fsync needs Redis with appendonly yes')
}

const infoOf = async ({ servers }: Checked, section: string): Promise<readonly string[]> =>
  (await servers.each('INFO', [section])).map(textOf)

/**
 * What the first relay of a cluster records and all others must have in common. Versions of Sluice
 * that understand each other's keys have one schema version, so they can run side by side.
 */
const recordedOf = ({ keys, identity }: Checked): Readonly<Record<string, string>> => ({
  schema: `${SCHEMA_VERSION}`,
  partitions: `${keys.tags.length}`,
  identity,
})

const remedies: Readonly<Record<string, (found: string) => string>> = {
  schema: () => 'run the versions of Sluice that made it, or begin with an empty Redis',
  partitions: (found) => `set SLUICE_PARTITIONS=${found}`,
  identity: () =>
    'all relays need the same files in SLUICE_DATA_DIR, or this Redis belongs to another relay: give each a ?prefix= of its own',
}

const checkRecorded = async (checked: Checked): Promise<void> => {
  const { servers, keys } = checked
  const { cluster } = keys
  for (const [field, mine] of Object.entries(recordedOf(checked))) {
    await servers.call(cluster, 'HSETNX', [cluster, field, mine])
    const found = textOf(await servers.call(cluster, 'HGET', [cluster, field]))
    if (found !== mine)
      throw new ServerProblem(
        `the cluster in Redis has ${field} ${found} and this relay ${mine}: ${remedies[field]?.(found)}`,
      )
  }
}

/** Queues made under a key that this relay lacks would be gone to its clients. */
const checkKeys = async ({ servers, keys, clusterKeys }: Checked): Promise<void> => {
  const answer = await scripts.registerKey.run(servers, [keys.cluster], { args: clusterKeys.ids })
  const { word, rest } = parseAnswer(answer)
  if (word === 'missing')
    throw new ServerProblem(
      `the cluster in Redis was made with another SLUICE_CLUSTER_KEY (${rest.map(textOf).join(', ')}) than this relay has (${clusterKeys.ids.join(', ')}): give both, the newest first`,
    )
}

const loadScripts = async ({ servers }: Checked): Promise<void> => {
  const all = Object.values(scripts).map(({ text }) => servers.each('SCRIPT', ['LOAD', text]))
  await Promise.all(all)
}

/** A write as clients' writes are: whether they will be confirmed. */
const checkDurability = async (checked: Checked): Promise<void> => {
  const { servers, keys, durability, onFault } = checked
  if (durability === 'memory') return
  try {
    const args = [keys.cluster, 'durability', durability]
    await servers.call(keys.cluster, 'HSET', args, { isDurable: true })
  } catch (error) {
    if (durability === 'fsync')
      throw new ServerProblem(
        'Redis does not confirm that writes are on disk: set appendonly yes, and appendfsync everysec or always',
        { cause: error },
      )
    // it may come: until then writes are refused
    onFault(new StoreUnavailable('no replica confirms writes yet', { cause: error }), 'start')
  }
}

/** @throws ServerProblem, StoreUnavailable */
export const checkServer = async (checked: Checked): Promise<void> => {
  const { durability, ignoresPolicy } = checked
  for (const info of await infoOf(checked, 'server')) checkVersion(info, durability)
  if (!ignoresPolicy) for (const info of await infoOf(checked, 'memory')) checkPolicy(info)
  if (durability === 'fsync')
    for (const info of await infoOf(checked, 'persistence')) checkDisk(info)
  await checkRecorded(checked)
  await loadScripts(checked)
  await checkKeys(checked)
  await checkDurability(checked)
}
