/** What the answer of INFO says of a server's CPU and memory. */
import { fieldOf } from '../test/support/redis/ask.ts'
import type { CpuUsage } from './processes/own-usage.ts'

const numberOf = (info: string, name: string): number => {
  const value = Number(fieldOf(info, name) ?? Number.NaN)
  if (!Number.isFinite(value)) throw new Error(`INFO does not say ${name}`)
  return value
}

/** Microseconds, of all threads. */
export const cpuOf = (info: string): CpuUsage => ({
  user: numberOf(info, 'used_cpu_user') * 1e6,
  system: numberOf(info, 'used_cpu_sys') * 1e6,
})

/** Bytes, without the buffers of connections: those come and go with the traffic. */
export const usedMemoryOf = (info: string): number =>
  numberOf(info, 'used_memory') - numberOf(info, 'mem_clients_normal')

export const versionOf = (info: string): string => {
  const valkey = fieldOf(info, 'valkey_version')
  return valkey === undefined ? `Redis ${fieldOf(info, 'redis_version')}` : `Valkey ${valkey}`
}
