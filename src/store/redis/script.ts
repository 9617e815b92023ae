/** Lua scripts by name: run by hash, sent as a whole where a server does not know them. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Argument } from './connection/command.ts'
import type { CallOptions } from './connection/server.ts'
import type { Servers } from './connection/servers.ts'

const read = (name: string): string =>
  readFileSync(new URL(`lua/${name}.lua`, import.meta.url), 'utf8')

const prelude = read('prelude')
const FOR_FULL = '#!lua flags=allow-oom'

/** The shebang with the script's flags has to come first. */
const withPrelude = (source: string): string => {
  const end = source.indexOf('\n') + 1
  return source.slice(0, end) + prelude + source.slice(end)
}

export class Script {
  readonly name: string
  readonly text: string
  readonly hash: string

  /** `isForFull`: runs also when Redis is full, whatever the file's flags. */
  constructor(name: string, { isForFull = false }: { readonly isForFull?: boolean } = {}) {
    const source = read(name)
    this.name = name
    this.text = withPrelude(isForFull ? source.replace('#!lua\n', `${FOR_FULL}\n`) : source)
    this.hash = createHash('sha1').update(this.text).digest('hex')
  }

  /**
   * The script's answer: arrays, numbers, null, and Buffers for strings. All keys lie in one slot.
   * @throws as `Servers.call`
   */
  run(
    servers: Servers,
    keys: readonly [string, ...string[]],
    { args, isDurable = false }: { readonly args: readonly Argument[] } & CallOptions,
  ): Promise<unknown> {
    const values = [this.hash, keys.length, ...keys, ...args]
    return servers.call(keys[0], 'EVALSHA', values, { isDurable, script: this })
  }
}
