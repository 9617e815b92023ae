/** What load is made. */
import type { ServerAddress } from '../protocol/address.ts'

export const modes = ['load', 'storm', 'idle', 'reconnect', 'mixed'] as const
export type Mode = (typeof modes)[number]

export interface LoadPlan {
  readonly server: ServerAddress
  readonly mode: Mode
  readonly connections: number
  readonly queues: number
  /** Of the measurement, after the warm-up. */
  readonly seconds: number
  readonly warmUpSeconds: number
  /** Messages, connections or reconnections a second; absent: as fast as it goes. */
  readonly rate?: number
  /** Of each message. */
  readonly bodyBytes: number
}

const share = (whole: number, parts: number, index: number): number =>
  Math.floor((whole * (index + 1)) / parts) - Math.floor((whole * index) / parts)

/** The plan in parts of equal size, none of which is without a connection and a queue. */
export const dividePlan = (plan: LoadPlan, parts: number): readonly LoadPlan[] => {
  const least = plan.mode === 'load' || plan.mode === 'mixed' ? 4 : 1
  const count = Math.max(1, Math.min(parts, Math.floor(plan.connections / least), plan.queues))
  return Array.from({ length: count }, (_, i) => ({
    ...plan,
    connections: share(plan.connections, count, i),
    queues: share(plan.queues, count, i),
    ...(plan.rate !== undefined && { rate: plan.rate / count }),
  }))
}
