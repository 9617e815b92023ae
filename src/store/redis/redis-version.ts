/** Which servers the relays can use. */

interface ServerVersion {
  readonly name: 'Redis' | 'Valkey'
  readonly version: string
}

const oldest = { Redis: 7, Valkey: 8 } as const

/** Of what `redis-server --version` or `valkey-server --version` prints. */
export const versionOfProgram = (text: string): ServerVersion => ({
  name: /valkey/i.test(text) ? 'Valkey' : 'Redis',
  version: /\bv=(\S+)/.exec(text)?.[1] ?? 'unknown',
})

/** Of the answer to INFO server; Valkey also has a `redis_version`, for clients that ask for it. */
export const versionOfInfo = (info: string): ServerVersion => {
  const [, valkey] = /^valkey_version:(\S+)/m.exec(info) ?? []
  if (valkey !== undefined) return { name: 'Valkey', version: valkey }
  return { name: 'Redis', version: /^redis_version:(\S+)/m.exec(info)?.[1] ?? 'unknown' }
}

export const versionText = ({ name, version }: ServerVersion): string => `${name} ${version}`

export const isTooOld = ({ name, version }: ServerVersion): boolean =>
  !(Number.parseInt(version, 10) >= oldest[name])

export const NEEDED = `Redis ${oldest.Redis} or Valkey ${oldest.Valkey}`
