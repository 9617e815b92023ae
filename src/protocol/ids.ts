/**
 * Ids as branded strings of one character a byte: usable as map keys, compared with `===`, and
 * free of the block they were read from. `EntityId` is the wire's field before its party is known.
 */
import { type Bytes, latin1Bytes, latin1Text } from './bytes.ts'

declare const kind: unique symbol
type Id<K extends string> = string & { readonly [kind]: K }

export type RecipientId = Id<'recipient'>
export type SenderId = Id<'sender'>
export type LinkId = Id<'link'>
export type NotifierId = Id<'notifier'>
export type MessageId = Id<'message'>
export type ServiceId = Id<'service'>
export type EntityId = string

/** Bytes of the ids a server makes (SMP, "Server": queue, link, notifier and message ids). */
export const ID_BYTES = 24
export const noEntity: EntityId = ''

export const entityIdOf = (bytes: Bytes): EntityId => latin1Text(bytes)
export const recipientIdOf = (bytes: Bytes): RecipientId => latin1Text(bytes) as RecipientId
export const senderIdOf = (bytes: Bytes): SenderId => latin1Text(bytes) as SenderId
export const linkIdOf = (bytes: Bytes): LinkId => latin1Text(bytes) as LinkId
export const notifierIdOf = (bytes: Bytes): NotifierId => latin1Text(bytes) as NotifierId
export const messageIdOf = (bytes: Bytes): MessageId => latin1Text(bytes) as MessageId
export const serviceIdOf = (bytes: Bytes): ServiceId => latin1Text(bytes) as ServiceId

/** The entity id as the id of the party that its command belongs to. */
export const asRecipientId = (id: EntityId): RecipientId => id as RecipientId
export const asSenderId = (id: EntityId): SenderId => id as SenderId
export const asLinkId = (id: EntityId): LinkId => id as LinkId
export const asNotifierId = (id: EntityId): NotifierId => id as NotifierId

export const idBytes = (id: EntityId): Bytes => latin1Bytes(id)
