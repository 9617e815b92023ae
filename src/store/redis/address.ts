/**
 * Where Redis is: `redis://[user:password@]host[:port][/db]`, `rediss://` for TLS,
 * `redis+cluster://host[:port],host[:port]`, `redis+sentinel://host,host/name[/db]`; the last two
 * with `rediss+` for TLS. `?prefix=` goes before every key.
 */

export class RedisAddressError extends Error {
  override readonly name = 'RedisAddressError'
}

export interface RedisNode {
  readonly host: string
  readonly port: number
}

export interface RedisAddress {
  readonly kind: 'standalone' | 'cluster' | 'sentinel'
  readonly nodes: readonly [RedisNode, ...RedisNode[]]
  /** Name of the primary that the sentinels watch. */
  readonly primary?: string
  readonly username?: string
  readonly password?: string
  readonly tls: boolean
  readonly database: number
  readonly prefix: string
}

const form =
  /^(redis|rediss)(?:\+(cluster|sentinel))?:\/\/(?:([^:@/]*):([^@/]*)@)?([^/?]+)(?:\/([^?]*))?(?:\?prefix=([^&#]*))?$/

const defaultPorts = { standalone: 6379, cluster: 6379, sentinel: 26_379 } as const

const parseNode = (text: string, defaultPort: number): RedisNode => {
  const parts = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]+))(?::(\d+))?$/.exec(text)
  const host = parts?.[1] ?? parts?.[2]
  const port = parts?.[3] === undefined ? defaultPort : Number(parts[3])
  if (host === undefined || port < 1 || port > 65_535)
    throw new RedisAddressError('a Redis host is not HOST or HOST:PORT')
  return { host, port }
}

const parseDatabase = (text: string): number => {
  const database = text === '' ? 0 : Number(text)
  if (!Number.isSafeInteger(database) || database < 0)
    throw new RedisAddressError('the Redis database is not a number')
  return database
}

/** @throws RedisAddressError, one line without the password */
export const parseRedisAddress = (text: string): RedisAddress => {
  const parts = form.exec(text)
  if (parts === null)
    throw new RedisAddressError(
      'not a Redis address: expected redis://, rediss://, redis+cluster:// or redis+sentinel://',
    )
  const [, scheme, mode, username, password, hosts = '', path = '', prefix = ''] = parts
  const kind = mode === 'cluster' || mode === 'sentinel' ? mode : 'standalone'
  const [first, ...others] = hosts.split(',').map((host) => parseNode(host, defaultPorts[kind]))
  if (first === undefined) throw new RedisAddressError('no Redis host')
  if (kind === 'standalone' && others.length > 0)
    throw new RedisAddressError('several hosts need redis+cluster:// or redis+sentinel://')
  const [primary = '', database = ''] = kind === 'sentinel' ? path.split('/') : ['', path]
  if (kind === 'sentinel' && primary === '')
    throw new RedisAddressError('redis+sentinel:// needs the name of the primary after the hosts')
  if (kind === 'cluster' && path !== '')
    throw new RedisAddressError('a Redis Cluster has no databases')
  const keyPrefix = decodeURIComponent(prefix)
  // braces would decide the cluster slot of every key
  if (!/^[\x21-\x7a|~]*$/.test(keyPrefix))
    throw new RedisAddressError('the prefix has other than printable ASCII characters, or braces')
  return {
    kind,
    nodes: [first, ...others],
    ...(kind === 'sentinel' && { primary }),
    ...(username && { username: decodeURIComponent(username) }),
    ...(password && { password: decodeURIComponent(password) }),
    tls: scheme === 'rediss',
    database: parseDatabase(database),
    prefix: keyPrefix,
  }
}

export const isRedisAddress = (text: string): boolean => {
  try {
    parseRedisAddress(text)
    return true
  } catch {
    return false
  }
}
