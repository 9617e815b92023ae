/** The admin API by the settings. */
import type { Logger } from 'pino'
import { type AdminApi, openAdminApi } from './admin/admin-api.ts'
import { Admittance } from './admin/admittance.ts'
import type { PodStatistics, Service } from './admin/operation.ts'
import { operations } from './admin/operations.ts'
import type { Settings } from './config/settings.ts'
import { nativeCrypto } from './crypto/native.ts'
import type { FaultLog } from './fault-log.ts'
import type { Identity } from './identity/identity.ts'
import { packageVersion } from './package-version.ts'
import type { QueueStore } from './store/store.ts'

export interface AdminFor {
  readonly settings: Settings
  readonly identity: Identity
  readonly store: QueueStore
  readonly log: Logger
  readonly faults: FaultLog
  readonly service: Service
  statistics(): PodStatistics
}

/** Undefined where there is to be none. */
export const openAdmin = async (relay: AdminFor): Promise<AdminApi | undefined> => {
  const { settings, identity, store, log, faults, service, statistics } = relay
  const { adminPort: port, adminBind: bind, adminToken: token } = settings
  if (port === undefined || token === undefined) return undefined
  const startedAt = performance.now()
  return openAdminApi({
    ...{ port, bind, operations, log },
    timeoutMs: settings.handshakeTimeoutSeconds * 1000,
    admittance: new Admittance(token, nativeCrypto, () => performance.now()),
    context: {
      ...{ store, settings, service, statistics },
      version: packageVersion(),
      fingerprint: identity.fingerprint,
      uptimeMs: () => performance.now() - startedAt,
    },
    onFault: faults.tell,
  })
}
