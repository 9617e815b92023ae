/** Which queue an operator means: by sender or link id, as in the reference; never by other ids. */
import { z } from 'zod'
import { equalBytes, ProtocolError } from '../protocol/bytes.ts'
import { type EntityId, entityIdOf } from '../protocol/ids.ts'
import { base64url, fromBase64url } from '../protocol/text.ts'
import type { QueueRecord, QueueStore, Stale } from '../store/store.ts'
import { type AdminContext, type Outcome, type Refused, refuse } from './operation.ts'

/** Changes of one queue by others while an operation runs; more are not expected. */
const ATTEMPTS = 10
const LONGEST_ID = 255
const FINGERPRINT_BYTES = 32

const bytesFrom = (text: string, context: z.RefinementCtx<string>): Uint8Array => {
  try {
    return fromBase64url(text)
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    context.addIssue('must be base64url')
    return z.NEVER
  }
}

const base64urlOf = (longest: number) =>
  z
    .string()
    .min(1)
    .max(Math.ceil(longest / 3) * 4)
    .transform(bytesFrom)
    .refine(({ length }) => length > 0 && length <= longest, `must be up to ${longest} bytes`)

const MAX_HOSTS = 16
const LONGEST_HOST = 255

/** What the body of every operation on a queue has. */
export const queueFields = {
  /** Of the sender or the link. */
  id: base64urlOf(LONGEST_ID).transform(entityIdOf),
  /** That the id was said to be at, for the case that this is another one. */
  server: z.exactOptional(
    z.strictObject({
      fingerprint: z.exactOptional(base64urlOf(FINGERPRINT_BYTES)),
      hosts: z.exactOptional(z.array(z.string().max(LONGEST_HOST)).max(MAX_HOSTS)),
    }),
  ),
} as const

export const queueInput = z.strictObject(queueFields)

export type QueueInput = z.output<typeof queueInput>

/** A link without a fingerprint can only be told by its hosts. */
const isThisServer = (
  { fingerprint, settings }: AdminContext,
  server: QueueInput['server'],
): boolean => {
  if (server?.fingerprint !== undefined) return equalBytes(server.fingerprint, fingerprint)
  if (server?.hosts === undefined) return true
  const own = new Set(settings.hosts.map((host) => host.toLowerCase()))
  return server.hosts.some((host) => own.has(host.toLowerCase()))
}

const otherServer = ({ fingerprint, settings }: AdminContext): Refused =>
  refuse(
    409,
    'other_server',
    `the link is of another server: this one is ${settings.hosts.join()} with fingerprint ${base64url(fingerprint)}`,
  )

const notFound = refuse(404, 'not_found', 'there is no queue with this sender or link id')
const busy = refuse(503, 'busy', 'the queue keeps changing: try again')

const parties = ['sender', 'link'] as const

const findQueue = async (store: QueueStore, id: EntityId): Promise<QueueRecord | undefined> => {
  for (const party of parties) {
    const [found] = await store.loadQueues(party, [id], { fresh: true })
    if (found?.outcome === 'failed') throw found.cause
    if (found?.outcome === 'found') return found.queue
  }
  return undefined
}

/** Runs `act` on the queue as it is now, again when it changed meanwhile. */
export const onQueue = async (
  context: AdminContext,
  { id, server }: QueueInput,
  act: (queue: QueueRecord) => Promise<Outcome | Stale>,
): Promise<Outcome> => {
  if (!isThisServer(context, server)) return otherServer(context)
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const queue = await findQueue(context.store, id)
    if (queue === undefined) return notFound
    const outcome = await act(queue)
    if (!('outcome' in outcome)) return outcome
  }
  return busy
}
