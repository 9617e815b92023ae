/** What a relay does with its connections as a whole. */
import type { Logger } from 'pino'
import type { Settings } from './config/settings.ts'
import type { FaultLog } from './fault-log.ts'
import { Lifecycle } from './lifecycle/lifecycle.ts'
import type { Sessions } from './sessions.ts'
import type { QueueStore } from './store/store.ts'

export interface LifecycleFor {
  readonly settings: Settings
  readonly sessions: Sessions
  readonly store: QueueStore
  readonly faults: FaultLog
  readonly log: Logger
  /** Its ports close. */
  stopListening(): void
  /** What commands wait for beside the store ends. */
  stopWaiting(): void
}

export const openLifecycle = (relay: LifecycleFor): Lifecycle => {
  const { settings, sessions, store, faults, log } = relay
  return new Lifecycle({
    settings,
    target: {
      connections: sessions.connections,
      get size() {
        return sessions.size
      },
      stopAccepting: () => {
        relay.stopListening()
        sessions.stopAccepting()
      },
      leaveOthers: () => relay.stopWaiting(),
      cutOff: () => sessions.cutOff(),
      gone: () => sessions.gone(),
    },
    shareLoad: (connections) => store.shareLoad?.(connections),
    onFault: faults.tell,
    log,
  })
}
