/** The fields of each command. A line added here makes the compiler list every place to change. */
import type { Bytes } from './bytes.ts'
import type { LinkId, MessageId, SenderId } from './ids.ts'
import type { AuthKey, DhKey } from './keys.ts'
import type { Version } from './version.ts'

/** Short link data kept for the recipient: opaque to the relay. */
export interface LinkContent {
  readonly fixed: Bytes
  readonly user: Bytes
}

/** What kind of queue NEW asks for; none from clients before v9. */
export type QueueRequest =
  | { readonly mode: 'messaging'; readonly link?: LinkContent & { readonly senderId: SenderId } }
  | {
      readonly mode: 'contact'
      readonly link?: LinkContent & { readonly linkId: LinkId; readonly senderId: SenderId }
    }

export interface NotifierKeys {
  readonly authKey: AuthKey
  readonly dhKey: DhKey
}

/** The destination of PRXY as the wire has it: host texts, port text, key hash. */
export interface RelayServer {
  readonly hosts: readonly [string, ...string[]]
  readonly port: string
  readonly keyHash: Bytes
}

interface Fields {
  NEW: {
    authKey: AuthKey
    dhKey: DhKey
    password?: string
    subscribe: boolean
    request?: QueueRequest
    notifier?: NotifierKeys
  }
  SUB: object
  SUBS: object
  KEY: { senderKey: AuthKey }
  RKEY: { recipientKeys: readonly [AuthKey, ...AuthKey[]] }
  LSET: LinkContent & { linkId: LinkId }
  LDEL: object
  NKEY: NotifierKeys
  NDEL: object
  GET: object
  /** `messageId` is empty where the client names none. */
  ACK: { messageId: MessageId }
  OFF: object
  DEL: object
  QUE: object
  SKEY: { senderKey: AuthKey }
  SEND: { notification: boolean; body: Bytes }
  LKEY: { senderKey: AuthKey }
  LGET: object
  NSUB: object
  NSUBS: object
  PING: object
  PRXY: { server: RelayServer; password?: string }
  PFWD: { version: Version; key: DhKey; transmission: Bytes }
  RFWD: { transmission: Bytes }
}

export type Tag = keyof Fields
export type Command<T extends Tag = Tag> = {
  [K in T]: { readonly tag: K } & Readonly<Fields[K]>
}[T]
