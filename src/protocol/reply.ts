/** Responses and events of a server (SMP, "Responses"). */
import type { Bytes } from './bytes.ts'
import type { LinkContent } from './command.ts'
import type { SmpError } from './error.ts'
import type { LinkId, MessageId, NotifierId, RecipientId, SenderId, ServiceId } from './ids.ts'
import type { DhKey } from './keys.ts'
import type { VersionRange } from './version.ts'

export type QueueMode = 'messaging' | 'contact'

interface Fields {
  IDS: {
    recipientId: RecipientId
    senderId: SenderId
    serverDhKey: DhKey
    mode?: QueueMode
    linkId?: LinkId
    serviceId?: ServiceId
    notifier?: { readonly notifierId: NotifierId; readonly serverDhKey: DhKey }
  }
  LNK: LinkContent & { senderId: SenderId }
  /** Sent as `OK` before v16, which is also how it is read there. */
  SOK: { serviceId?: ServiceId }
  SOKS: { count: bigint }
  /** `body`: the message encrypted to the recipient, 16122 bytes. */
  MSG: { messageId: MessageId; body: Bytes }
  NID: { notifierId: NotifierId; serverDhKey: DhKey }
  /** `nonce`: 24 bytes; `meta`: 144 encrypted bytes. */
  NMSG: { nonce: Bytes; meta: Bytes }
  PKEY: {
    sessionId: Bytes
    versions: VersionRange
    chain: readonly [Bytes, ...Bytes[]]
    signedKey: Bytes
  }
  RRES: { response: Bytes }
  PRES: { response: Bytes }
  END: object
  ENDS: { count: bigint }
  /** Sent as `END` before v10. */
  DELD: object
  INFO: { json: string }
  OK: object
  ERR: { error: SmpError }
  PONG: object
}

export type ReplyTag = keyof Fields
export type Reply<T extends ReplyTag = ReplyTag> = {
  [K in T]: { readonly tag: K } & Readonly<Fields[K]>
}[T]

export const OK: Reply<'OK'> = { tag: 'OK' }
export const PONG: Reply<'PONG'> = { tag: 'PONG' }
export const END: Reply<'END'> = { tag: 'END' }
export const DELD: Reply<'DELD'> = { tag: 'DELD' }

export const refusal = (error: SmpError): Reply<'ERR'> => ({ tag: 'ERR', error })
export const errAuth = refusal({ code: 'AUTH' })
export const errProhibited = refusal({ code: 'CMD', reason: 'PROHIBITED' })
export const errQuota = refusal({ code: 'QUOTA' })
export const errInternal = refusal({ code: 'INTERNAL' })
