/** What a session is made of. */
import type { Context } from '../commands/spec.ts'
import type { SessionLimits } from '../limits/session-limits.ts'
import type { SessionMeasures } from '../measures/session-measures.ts'
import type { BlockPacker } from '../protocol/block.ts'
import type { Tracing } from '../tracing/tracing.ts'
import type { Transport } from '../transport/transport.ts'
import type { BlockPool } from './block-pool.ts'
import type { AgreedSession } from './handshake.ts'

export interface SessionOptions {
  readonly transport: Transport
  readonly agreed: AgreedSession
  readonly connection: { readonly id: number; nextClaim(): number }
  readonly context: Omit<Context, 'connection' | 'runForwarded' | 'limits'>
  readonly packer: BlockPacker
  /** Shared by the sessions of a relay, as the packer. */
  readonly pool: BlockPool
  readonly notificationIntervalMs: number
  readonly measures?: SessionMeasures | undefined
  readonly tracing?: Tracing | undefined
  readonly onFault: (error: unknown, during: string) => void
  /** Absent: none. */
  readonly limits?: SessionLimits
}
