/** The shape of an operation: one thing that operators can ask of a running relay. */

import type { z } from 'zod'
import type { Settings } from '../config/settings.ts'
import type { Bytes } from '../protocol/bytes.ts'
import type { QueueStore } from '../store/store.ts'

/** Of this relay alone, since it was started. */
export interface PodStatistics {
  /** TCP connections, those in their handshakes among them. */
  readonly connections: number
  readonly sessions: number
  /** What was forwarded to other relays; null where nothing is. */
  readonly proxy: object | null
}

/** What the relay does with its connections as a whole. */
export interface Service {
  readonly state: 'serving' | 'draining' | 'stopped'
  /** For good; called again it returns the same. */
  drain(): Progress & { hasten(): void }
  /** In place of one that is under way. */
  shed(options: {
    readonly share: number
    readonly overSeconds: number
  }): Progress & { readonly count: number }
  stopShedding(): void
}

export interface Progress {
  readonly connectionsLeft: number
  readonly secondsLeft: number
}

export interface AdminContext {
  readonly service: Service
  readonly store: QueueStore
  readonly settings: Settings
  readonly version: string
  /** Of the relay's identity. */
  readonly fingerprint: Bytes
  statistics(): PodStatistics
  /** Milliseconds since the start. */
  uptimeMs(): number
}

/** Why an operation was not done; one line, without ids. */
export interface Refused {
  readonly refused: Refusal
}

export interface Refusal {
  /** Of HTTP. */
  readonly status: number
  /** For programs. */
  readonly code: string
  /** For people. */
  readonly message: string
}

export interface Done {
  readonly body: Readonly<Record<string, unknown>>
  /** What the log says of it, for what changes something; no ids. */
  readonly audit?: Readonly<Record<string, string | number>>
}

export type Outcome = Done | Refused

export const refuse = (status: number, code: string, message: string): Refused => ({
  refused: { status, code, message },
})

export interface Operation {
  /** GET: reads, and has no body. */
  readonly method: 'GET' | 'POST'
  /** Ids never stand in it: paths end up in logs of what is in between. */
  readonly path: `/v1/${string}`
  run(context: AdminContext, body: unknown): Promise<Outcome>
}

/** The first thing that is wrong with a body. */
const problemOf = ({ issues: [issue] }: z.ZodError): string => {
  const at = issue?.path.join('.') ?? ''
  return `${at === '' ? '' : `${at}: `}${issue?.message ?? 'not valid'}`
}

/** An operation on what its body says. */
export const onInput = <T>(
  schema: z.ZodType<T>,
  run: (context: AdminContext, input: T) => Promise<Outcome>,
): Operation['run'] => {
  return async (context, body) => {
    const parsed = schema.safeParse(body)
    return parsed.success
      ? run(context, parsed.data)
      : refuse(400, 'invalid', problemOf(parsed.error))
  }
}
