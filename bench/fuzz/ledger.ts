/**
 * What a relay owes: one answer to each transmission, with its correlation id and entity id and of a
 * kind that its command can have. Fields are read here without the relay's own decoder.
 */
import { type Bytes, latin1Text, noBytes, ProtocolError } from '../../src/protocol/bytes.ts'
import type { Tag } from '../../src/protocol/command.ts'
import type { EntityId } from '../../src/protocol/ids.ts'
import { Reader } from '../../src/protocol/reader.ts'
import type { Reply, ReplyTag } from '../../src/protocol/reply.ts'
import type { Version } from '../../src/protocol/version.ts'
import { Finding } from './finding.ts'

/**
 * Besides ERR, which every command may get. Not the client's table, which also takes what other servers
 * answer: a mistake in one must not hide in the other.
 */
const answersOf: { readonly [T in Tag]: readonly ReplyTag[] } = {
  NEW: ['IDS'],
  SUB: ['OK', 'SOK'],
  SUBS: ['SOKS'],
  KEY: ['OK'],
  RKEY: ['OK'],
  LSET: ['OK'],
  LDEL: ['OK'],
  NKEY: ['NID'],
  NDEL: ['OK'],
  GET: ['OK', 'MSG'],
  ACK: ['OK', 'MSG'],
  OFF: ['OK'],
  DEL: ['OK'],
  QUE: ['INFO'],
  SKEY: ['OK'],
  SEND: ['OK'],
  LKEY: ['LNK'],
  LGET: ['LNK'],
  NSUB: ['OK', 'SOK'],
  NSUBS: ['SOKS'],
  PING: ['PONG'],
  PRXY: ['PKEY'],
  PFWD: ['PRES'],
  RFWD: ['RRES'],
}

const byWord: ReadonlyMap<string, readonly ReplyTag[]> = new Map(Object.entries(answersOf))
const events: ReadonlySet<ReplyTag> = new Set<ReplyTag>(['MSG', 'END', 'DELD', 'NMSG', 'ENDS'])
/** These follow from a block that cannot be read, too. */
const isEvent = (reply: Reply): boolean =>
  events.has(reply.tag) || (reply.tag === 'ERR' && reply.error.code === 'BLOCKED')

/** An answer that is due. */
export interface Due {
  readonly correlationId: string
  readonly entityId: EntityId
  readonly tags: readonly ReplyTag[]
}

export interface Answered {
  readonly correlationId: string
  readonly entityId: EntityId
  readonly reply: Reply
}

const unreadable: Due = { correlationId: '', entityId: '', tags: [] }

const AUTHORIZATION_BYTES: ReadonlySet<number> = new Set([0, 64, 80, 114])
const SIGNATURE_BYTES = 64

const readFields = (bytes: Bytes, version: Version) => {
  const reader = new Reader(bytes)
  const authorization = reader.short()
  if (version >= 16 && authorization.length > 0)
    reader.maybe((r) => {
      if (r.short().length !== SIGNATURE_BYTES) throw new ProtocolError('no signature')
    })
  const sessionId = version >= 7 ? noBytes : reader.short()
  const correlationId = latin1Text(reader.short())
  const entityId = latin1Text(reader.short())
  const word = latin1Text(reader.rest().subarray(0, 6)).split(' ', 1)[0] ?? ''
  return { authorization, sessionId, correlationId, entityId, word }
}

/** Undefined where they cannot be told apart. */
export const fieldsOf = (
  bytes: Bytes,
  version: Version,
): ReturnType<typeof readFields> | undefined => {
  try {
    return readFields(bytes, version)
  } catch (error) {
    if (error instanceof ProtocolError) return undefined
    throw error
  }
}

/** The answer that is due to a transmission, whatever it is. */
export const dueTo = (bytes: Bytes, session: { version: Version; sessionId: Bytes }): Due => {
  const fields = fieldsOf(bytes, session.version)
  if (fields === undefined) return unreadable
  const { authorization, sessionId, correlationId, entityId, word } = fields
  const isForeign = session.version < 7 && latin1Text(sessionId) !== latin1Text(session.sessionId)
  if (isForeign || !AUTHORIZATION_BYTES.has(authorization.length))
    return { correlationId, entityId: '', tags: [] }
  return { correlationId, entityId, tags: byWord.get(word) ?? [] }
}

/** To a block that cannot be read. */
export const dueToBlock = unreadable

const keyOf = ({ correlationId, entityId }: Omit<Due, 'tags'>): string =>
  `${correlationId.length} ${correlationId}${entityId}`

const shown = (text: string): string => Buffer.from(text, 'latin1').toString('hex') || 'none'

const describe = ({ correlationId, entityId }: Omit<Due, 'tags'>): string =>
  `correlation id ${shown(correlationId)}, entity id ${shown(entityId)}`

/** The ids are long enough that an answer has room beside them. */
const USUAL_BYTES = 64

/** What was asked with the same ids, and what came. */
interface Account {
  readonly dues: Due[]
  readonly answers: Map<ReplyTag, number>
  answered: number
}

export class Ledger {
  readonly #accounts = new Map<string, Account>()
  /** Answers to those without correlation id look like events. */
  readonly #eventsSeen = new Map<EntityId, number>()
  #open = 0
  /** Transmissions, and blocks that could not be read, that were answered. */
  answered = 0

  /** Answers that are still due, but for those that an event may have been. */
  get open(): number {
    let ambiguous = 0
    for (const [entityId, seen] of this.#eventsSeen) {
      const account = this.#accounts.get(keyOf({ correlationId: '', entityId }))
      if (account !== undefined) ambiguous += Math.min(seen, account.dues.length - account.answered)
    }
    return this.#open - ambiguous
  }

  expect(due: Due): void {
    const key = keyOf(due)
    const account = this.#accounts.get(key)
    if (account !== undefined) account.dues.push(due)
    else this.#accounts.set(key, { dues: [due], answers: new Map(), answered: 0 })
    this.#open += 1
  }

  /** @throws Finding for an answer that nobody asked for, or of a kind that its command cannot have */
  take(answer: Answered): void {
    const { correlationId, entityId, reply } = answer
    if (correlationId === '' && isEvent(reply)) {
      this.#eventsSeen.set(entityId, (this.#eventsSeen.get(entityId) ?? 0) + 1)
      return
    }
    const key = keyOf(answer)
    const account = this.#accounts.get(key)
    if (account === undefined || account.answered === account.dues.length)
      throw new Finding(`an answer that nobody asked for: ${reply.tag}, ${describe(answer)}`)
    const alike = (account.answers.get(reply.tag) ?? 0) + 1
    const fitting = account.dues.filter(
      ({ tags }) => reply.tag === 'ERR' || tags.includes(reply.tag),
    )
    if (alike > fitting.length)
      throw new Finding(`an answer of another kind: ${reply.tag}, ${describe(answer)}`)
    if (isInternal(reply) && correlationId.length <= USUAL_BYTES)
      throw new Finding(`ERR INTERNAL, ${describe(answer)}`)
    account.answers.set(reply.tag, alike)
    account.answered += 1
    if (account.answered === account.dues.length) this.#accounts.delete(key)
    this.#open -= 1
    this.answered += 1
  }

  /** @throws Finding where an answer did not come */
  settle(): void {
    if (this.open <= 0) return
    const [first] = [...this.#accounts.values()].flatMap(({ dues }) => dues)
    const what = this.open === 1 ? 'an answer' : `${this.open} answers`
    throw new Finding(`${what} did not come${first ? `: ${describe(first)}` : ''}`)
  }
}

const isInternal = (reply: Reply): boolean => reply.tag === 'ERR' && reply.error.code === 'INTERNAL'
