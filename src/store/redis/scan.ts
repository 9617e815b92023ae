/** Finds the keys of all queues, a slice of a server's keys at a time: for export alone. */

import { IdSet } from '../id-set.ts'
import { textOf, UnexpectedAnswer } from './answer.ts'
import type { Servers } from './connection/servers.ts'
import type { Keys } from './keys.ts'

/** Looked at by one command: a fraction of a millisecond of a server. */
const LOOKED_AT = 500

interface Scanned {
  readonly servers: Servers
  readonly keys: Keys
}

/** A key that each server serves: what is asked about it goes there. */
const keyOfEachServer = ({ servers, keys }: Scanned): readonly string[] => {
  const found = new Map<string, string>()
  for (const tag of keys.tags) {
    const key = keys.counts(tag)
    const { host = '', port = 0 } = servers.nodeOf(key) ?? {}
    const server = `${host}:${port}`
    if (!found.has(server)) found.set(server, key)
  }
  return [...found.values()]
}

const pageOf = (answer: unknown): { readonly cursor: string; readonly found: string[] } => {
  const [cursor, found] = Array.isArray(answer) ? answer : []
  if (!Buffer.isBuffer(cursor) || !Array.isArray(found))
    throw new UnexpectedAnswer('SCAN did not answer with a page')
  return { cursor: textOf(cursor), found: found.map(textOf) }
}

/** Each key once, though SCAN may repeat them. */
export async function* scanKeys(scanned: Scanned): AsyncGenerator<readonly string[]> {
  const { servers, keys } = scanned
  const seen = new IdSet()
  for (const key of keyOfEachServer(scanned)) {
    let cursor = '0'
    do {
      const page = ['MATCH', keys.queuePattern, 'COUNT', LOOKED_AT]
      const answer = pageOf(await servers.call(key, 'SCAN', [cursor, ...page]))
      cursor = answer.cursor
      const fresh = answer.found.filter((one) => seen.add(keys.blindOf(one)))
      if (fresh.length > 0) yield fresh
    } while (cursor !== '0')
  }
}
