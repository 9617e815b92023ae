/** What a program needs of the client wherever it runs: nothing here needs Node. */
export {
  type NotificationMeta,
  openMessage,
  openNotification,
  type RecipientMessage,
} from '../crypto/message-box.ts'
export { nobleCrypto } from '../crypto/noble.ts'
export type { CryptoProvider, KeyAlgorithm, KeyPair, PrivateKey } from '../crypto/provider.ts'
export { parseServerAddress, printServerAddress, type ServerAddress } from '../protocol/address.ts'
export { BlockAssembler } from '../protocol/block-assembler.ts'
export { type Bytes, ProtocolError } from '../protocol/bytes.ts'
export type { Command, Tag } from '../protocol/command.ts'
export { errorText, type SmpError } from '../protocol/error.ts'
export * from '../protocol/ids.ts'
export type { AuthKey, DhKey, PublicKey } from '../protocol/keys.ts'
export type { Reply, ReplyTag } from '../protocol/reply.ts'
export type { Version, VersionRange } from '../protocol/version.ts'
export type { Request } from './authorization.ts'
export type { Backoff } from './backoff.ts'
export { type ClientOptions, type LinkData, SmpClient } from './client.ts'
export type { OpenConnection, ReconnectOptions } from './client-core.ts'
export type { ClientEvent } from './client-events.ts'
export {
  type BatchResult,
  type ConnectionOptions,
  openConnection,
  type RequestOptions,
  type SessionOptions,
  SmpConnection,
} from './connection.ts'
export type { SubscribableQueue, SubscriptionFailure } from './context.ts'
export * from './conversation.ts'
export type * from './credentials.ts'
export {
  type ClientMessage,
  clientVersions,
  type Envelope,
  openEnvelope,
  readEnvelope,
  sealEnvelope,
} from './envelope.ts'
export * from './errors.ts'
export type { EventOptions, SmpEvent } from './event-buffer.ts'
export { type ChainVerifier, type HandshakeOptions, type Session, shakeHands } from './handshake.ts'
export * from './link-data.ts'
export type { QueueMessage } from './message.ts'
export type { NewLinkData, NewQueueOptions } from './new-queue.ts'
export type { Notification, NotifierQueue } from './notifier-queue.ts'
export {
  type ForwardedCommand,
  openProxySession,
  type ProxyOptions,
  ProxySession,
} from './proxy-session.ts'
export type { QueueInfo } from './queue-info.ts'
export { parseQueueUri, printQueueUri, type QueueUri, queueUriOf } from './queue-uri.ts'
export type { RecipientQueue } from './recipient-queue.ts'
export type { ReplyTo } from './replies.ts'
export type { SenderQueue } from './sender-queue.ts'
export type { ServiceCredentials, ServiceSession } from './service.ts'
export * from './short-link.ts'
export { systemTimers, type Timers } from './timers.ts'
export type { ChannelBinding, ClientTransport } from './transport.ts'
export { connectWebSocket } from './web-socket.ts'
