/** The notifier's side of a queue: learns that there are messages, not what they say. */
import { openNotification } from '../crypto/message-box.ts'
import type { CryptoProvider, KeyPair } from '../crypto/provider.ts'
import { ProtocolError } from '../protocol/bytes.ts'
import type { NotifierKeys } from '../protocol/command.ts'
import { type MessageId, messageIdOf, type NotifierId } from '../protocol/ids.ts'
import type { DhKey } from '../protocol/keys.ts'
import type { Reply } from '../protocol/reply.ts'
import type { AsyncQueue } from './async-queue.ts'
import type { ClientContext } from './context.ts'
import type { NotifierCredentials } from './credentials.ts'
import { type EndReason, SubscriptionEnded } from './errors.ts'
import { sharedSecret } from './shared-secret.ts'
import type { Subscriber } from './subscriptions.ts'

/** A message that waits in the queue. */
export interface Notification {
  readonly messageId: MessageId
  /** When the server took it: whole seconds since 1970. */
  readonly timestamp: number
}

/** Notifications that nobody takes are dropped beyond this, oldest first. */
const MAX_WAITING = 1024

export interface NewNotifier {
  readonly command: NotifierKeys
  readonly key: KeyPair<'Ed25519'>
  readonly dhKey: KeyPair<'X25519'>
}

export const makeNotifierKeys = (crypto: CryptoProvider): NewNotifier => {
  const key = crypto.generateKeyPair('Ed25519')
  const dhKey = crypto.generateKeyPair('X25519')
  return { key, dhKey, command: { authKey: key.publicKey, dhKey: dhKey.publicKey } }
}

export const notifierCredentials = (
  crypto: CryptoProvider,
  { key, dhKey }: NewNotifier,
  { notifierId, serverDhKey }: { readonly notifierId: NotifierId; readonly serverDhKey: DhKey },
): NotifierCredentials => ({
  notifierId,
  key: key.privateKey,
  secret: sharedSecret(crypto, dhKey.privateKey, serverDhKey),
})

export class NotifierQueue {
  readonly credentials: NotifierCredentials
  readonly #context: ClientContext
  #inbox: AsyncQueue<Notification>

  constructor(context: ClientContext, credentials: NotifierCredentials) {
    this.credentials = credentials
    this.#context = context
    this.#inbox = context.openInbox(MAX_WAITING)
    context.subscribers.set(this, this.#subscriber())
  }

  /** Fails with SubscriptionEnded when the subscription ends; ends when the client is closed. */
  get notifications(): AsyncIterable<Notification> {
    return this.#inbox
  }

  /** NSUB: takes the notifier over from any other connection; renewed after each reconnection. */
  async subscribe(): Promise<void> {
    const [failure] = await this.#context.subscribe([this])
    if (failure !== undefined) throw failure.error
  }

  #subscriber(): Subscriber {
    return {
      entityId: this.credentials.notifierId,
      key: this.credentials.key,
      command: { tag: 'NSUB' },
      start: () => this.#start(),
      receive: (reply) => this.#receive(reply),
      end: (reason, cause) => this.#end(reason, cause),
    }
  }

  #receive(reply: Reply): void {
    if (reply.tag !== 'NMSG') return
    const { secret } = this.credentials
    const { crypto } = this.#context
    const { nonce, meta } = reply
    try {
      const { messageId, timestamp } = openNotification(crypto, { secret, nonce }, meta)
      this.#inbox.push({ messageId: messageIdOf(messageId), timestamp })
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      this.#context.emit({ tag: 'unreadable', queue: this, error })
    }
  }

  #start(): void {
    if (this.#inbox.isEnded) this.#inbox = this.#context.openInbox(MAX_WAITING)
  }

  #end(reason: EndReason, cause?: Error): void {
    this.#context.closeInbox(this.#inbox, new SubscriptionEnded(reason, cause))
    this.#context.emit({ tag: 'subscriptionEnded', queue: this, reason })
  }
}
