/** Commands as checks write them. */
import { nativeCrypto as crypto } from '../crypto/native.ts'
import type { KeyPair } from '../crypto/provider.ts'
import { type Bytes, latin1Bytes, latin1Text } from '../protocol/bytes.ts'
import type { Command } from '../protocol/command.ts'
import { encodeCommand } from '../protocol/command-encoder.ts'
import { type LinkId, linkIdOf, type MessageId, messageIdOf } from '../protocol/ids.ts'
import type { AuthKey } from '../protocol/keys.ts'

export const signingKey = (): KeyPair<'Ed25519'> => crypto.generateKeyPair('Ed25519')
export const bigSigningKey = (): KeyPair<'Ed448'> => crypto.generateKeyPair('Ed448')
export const dhKey = (): KeyPair<'X25519'> => crypto.generateKeyPair('X25519')
/** An id that nobody has. */
export const unknownId = (): string => latin1Text(crypto.randomBytes(24))
export const unknownMessage = (): MessageId => messageIdOf(crypto.randomBytes(24))
export const unknownLink = (): LinkId => linkIdOf(crypto.randomBytes(24))

export const SUB: Command<'SUB'> = { tag: 'SUB' }
export const GET: Command<'GET'> = { tag: 'GET' }
export const QUE: Command<'QUE'> = { tag: 'QUE' }
export const OFF: Command<'OFF'> = { tag: 'OFF' }
export const DEL: Command<'DEL'> = { tag: 'DEL' }
export const NDEL: Command<'NDEL'> = { tag: 'NDEL' }
export const NSUB: Command<'NSUB'> = { tag: 'NSUB' }
export const NSUBS: Command<'NSUBS'> = { tag: 'NSUBS' }
export const LGET: Command<'LGET'> = { tag: 'LGET' }
export const LDEL: Command<'LDEL'> = { tag: 'LDEL' }
export const PING: Command<'PING'> = { tag: 'PING' }

export const SEND = (body: string, notification = false): Command<'SEND'> => ({
  tag: 'SEND',
  notification,
  body: latin1Bytes(body),
})
export const ACK = (messageId: MessageId): Command<'ACK'> => ({ tag: 'ACK', messageId })
export const KEY = ({ publicKey }: KeyPair): Command<'KEY'> => ({
  tag: 'KEY',
  senderKey: publicKey,
})
export const SKEY = ({ publicKey }: KeyPair): Command<'SKEY'> => ({
  tag: 'SKEY',
  senderKey: publicKey,
})
export const LKEY = ({ publicKey }: KeyPair): Command<'LKEY'> => ({
  tag: 'LKEY',
  senderKey: publicKey,
})
export const RKEY = (first: KeyPair, ...others: readonly KeyPair[]): Command<'RKEY'> => {
  const keys: readonly AuthKey[] = others.map(({ publicKey }) => publicKey)
  return { tag: 'RKEY', recipientKeys: [first.publicKey, ...keys] }
}
export const LSET = (linkId: LinkId, fixed: string, user: string): Command<'LSET'> => ({
  tag: 'LSET',
  linkId,
  fixed: latin1Bytes(fixed),
  user: latin1Bytes(user),
})

/** A command, or the bytes of one that no encoder makes, one character a byte. */
export type CommandOrText = Command | string

export const commandBytes = (command: CommandOrText, version: number): Bytes =>
  typeof command === 'string' ? latin1Bytes(command) : encodeCommand(command, version)

/** The bytes of a good command, as text to be spoilt. */
export const asText = (command: Command, version: number): string =>
  latin1Text(encodeCommand(command, version))
