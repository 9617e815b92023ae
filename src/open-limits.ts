/** The limits that the settings ask for. */
import type { Logger } from 'pino'
import type { Settings } from './config/settings.ts'
import { nativeCrypto } from './crypto/native.ts'
import { Limits } from './limits/limits.ts'
import type { ClusterStore } from './open-store.ts'

export interface LimitsFor {
  readonly settings: Settings
  readonly store: ClusterStore
  readonly log: Logger
  readonly onFault: (error: unknown, during: string) => void
}

export const openLimits = ({ settings, store, log, onFault }: LimitsFor): Limits => {
  const { keyedHash, randomBytes } = nativeCrypto
  return new Limits(settings, {
    keyedHash,
    randomBytes,
    count: () => store.count(),
    shared: settings.limitShared ? store.sharedBuckets : undefined,
    onFault,
    warn: (message) => log.warn(message),
  })
}
