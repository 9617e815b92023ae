/** Which replies a command may have (SMP, "Responses"; the client library's expectations). */
import type { Tag } from '../protocol/command.ts'
import { type EntityId, noEntity } from '../protocol/ids.ts'
import type { Reply, ReplyTag } from '../protocol/reply.ts'
import { SmpRefusal, UnexpectedReply } from './errors.ts'

interface Expected {
  NEW: 'IDS'
  SUB: 'SOK' | 'OK' | 'MSG'
  SUBS: 'SOKS'
  KEY: 'OK'
  RKEY: 'OK'
  LSET: 'OK'
  LDEL: 'OK'
  NKEY: 'NID'
  NDEL: 'OK'
  GET: 'MSG' | 'OK'
  ACK: 'OK' | 'MSG'
  OFF: 'OK'
  DEL: 'OK'
  QUE: 'INFO'
  SKEY: 'OK'
  SEND: 'OK'
  LKEY: 'LNK'
  LGET: 'LNK'
  NSUB: 'SOK' | 'OK'
  NSUBS: 'SOKS'
  PING: 'PONG'
  PRXY: 'PKEY'
  PFWD: 'PRES'
  RFWD: 'RRES'
}

/** What a command is answered with when it is not refused. */
export type ReplyTo<T extends Tag> = Extract<Reply, { readonly tag: Expected[T] }>

const expected: { readonly [T in Tag]: readonly Expected[T][] } = {
  NEW: ['IDS'],
  SUB: ['SOK', 'OK', 'MSG'],
  SUBS: ['SOKS'],
  KEY: ['OK'],
  RKEY: ['OK'],
  LSET: ['OK'],
  LDEL: ['OK'],
  NKEY: ['NID'],
  NDEL: ['OK'],
  GET: ['MSG', 'OK'],
  ACK: ['OK', 'MSG'],
  OFF: ['OK'],
  DEL: ['OK'],
  QUE: ['INFO'],
  SKEY: ['OK'],
  SEND: ['OK'],
  LKEY: ['LNK'],
  LGET: ['LNK'],
  NSUB: ['SOK', 'OK'],
  NSUBS: ['SOKS'],
  PING: ['PONG'],
  PRXY: ['PKEY'],
  PFWD: ['PRES'],
  RFWD: ['RRES'],
}

const isReplyTo = <T extends Tag>(tag: T, reply: Reply): reply is ReplyTo<T> => {
  const tags: readonly ReplyTag[] = expected[tag]
  return tags.includes(reply.tag)
}

/**
 * The reply as one that the command has.
 * @throws SmpRefusal, UnexpectedReply
 */
export const acceptReply = <T extends Tag>(tag: T, reply: Reply | undefined): ReplyTo<T> => {
  if (reply === undefined) throw new UnexpectedReply(`${tag} was not sent`)
  if (isReplyTo(tag, reply)) return reply
  if (reply.tag === 'ERR') throw new SmpRefusal(reply.error)
  throw new UnexpectedReply(`${tag} was answered with ${reply.tag}`, { reply })
}

/** ERR and IDS name any entity, PONG, PKEY and RRES none, all others that of the request. */
export const hasRightEntity = (reply: Reply, entityId: EntityId, asked: EntityId): boolean => {
  if (reply.tag === 'ERR' || reply.tag === 'IDS') return true
  if (reply.tag === 'PONG' || reply.tag === 'PKEY' || reply.tag === 'RRES')
    return entityId === noEntity
  return entityId === asked
}
