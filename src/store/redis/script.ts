/** Lua scripts by name: loaded once, run by hash, sent again where a server does not know them. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Cluster, Redis } from 'ioredis'
import type { Bytes } from '../../protocol/bytes.ts'

export type RedisClient = Redis | Cluster
export type Argument = string | number | Bytes

const read = (name: string): string =>
  readFileSync(new URL(`lua/${name}.lua`, import.meta.url), 'utf8')

const prelude = read('prelude')

/** The shebang with the script's flags has to come first. */
const withPrelude = (source: string): string => {
  const end = source.indexOf('\n') + 1
  return source.slice(0, end) + prelude + source.slice(end)
}

const isNoScript = (error: unknown): boolean =>
  error instanceof Error && error.message.startsWith('NOSCRIPT')

// a plain array of bytes is not an argument to the client
const toArgument = (value: Argument): string | number | Buffer =>
  typeof value === 'object' ? Buffer.from(value.buffer, value.byteOffset, value.length) : value

/** The client has them, its types do not; `callBuffer` loses the command under autopipelining (6.0.0). */
interface ScriptCommands {
  evalshaBuffer(hash: string, keyCount: number, ...values: readonly unknown[]): Promise<unknown>
  evalBuffer(text: string, keyCount: number, ...values: readonly unknown[]): Promise<unknown>
}

const runsScripts = (client: object): client is ScriptCommands =>
  'evalshaBuffer' in client && 'evalBuffer' in client

export class Script {
  readonly name: string
  readonly text: string
  readonly hash: string

  constructor(name: string) {
    this.name = name
    this.text = withPrelude(read(name))
    this.hash = createHash('sha1').update(this.text).digest('hex')
  }

  /** The script's answer: arrays, numbers, null, and Buffers for strings. */
  async run(
    client: RedisClient,
    keys: readonly string[],
    args: readonly Argument[],
  ): Promise<unknown> {
    if (!runsScripts(client)) throw new TypeError('a Redis client without scripts')
    const values = [...keys, ...args.map(toArgument)]
    try {
      return await client.evalshaBuffer(this.hash, keys.length, ...values)
    } catch (error) {
      if (!isNoScript(error)) throw error
      return client.evalBuffer(this.text, keys.length, ...values)
    }
  }
}
