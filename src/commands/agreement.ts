/** Secrets shared with a client: a fresh server key for each (SMP, NEW and NKEY). */
import type { CryptoProvider } from '../crypto/provider.ts'
import type { Bytes } from '../protocol/bytes.ts'
import type { NotifierKeys } from '../protocol/command.ts'
import { ID_BYTES, notifierIdOf } from '../protocol/ids.ts'
import type { DhKey } from '../protocol/keys.ts'
import { refusal } from '../protocol/reply.ts'
import type { Notifier } from '../store/store.ts'

export interface Agreement {
  readonly secret: Bytes
  readonly serverKey: DhKey
}

/** A low-order key shares its secret with everybody: no stock client sends one. */
export const errBadKey = refusal({ code: 'CMD', reason: 'SYNTAX' })

/** Undefined for a low-order key. */
export const agree = (crypto: CryptoProvider, clientKey: DhKey): Agreement | undefined => {
  const { privateKey, publicKey } = crypto.generateKeyPair('X25519')
  const secret = crypto.x25519(privateKey, clientKey.raw)
  return secret && { secret, serverKey: publicKey }
}

export const newNotifier = (
  crypto: CryptoProvider,
  { authKey, dhKey }: NotifierKeys,
): { readonly notifier: Notifier; readonly serverKey: DhKey } | undefined => {
  const agreement = agree(crypto, dhKey)
  if (agreement === undefined) return undefined
  const notifierId = notifierIdOf(crypto.randomBytes(ID_BYTES))
  const notifier = { notifierId, authKey, dhSecret: agreement.secret }
  return { notifier, serverKey: agreement.serverKey }
}
