/** A relay without sockets: its sessions as they are served, on the in-memory store. */
import { pino } from 'pino'
import type { ClientTransport } from '../../src/client/transport.ts'
import { loadSettings } from '../../src/config/load-settings.ts'
import { nativeCrypto as crypto } from '../../src/crypto/native.ts'
import { Hub } from '../../src/delivery/hub.ts'
import { FaultLog } from '../../src/fault-log.ts'
import type { Identity } from '../../src/identity/identity.ts'
import { Measures } from '../../src/measures/measures.ts'
import { openLimits } from '../../src/open-limits.ts'
import type { Bytes } from '../../src/protocol/bytes.ts'
import type { Session } from '../../src/session/session.ts'
import { Sessions } from '../../src/sessions.ts'
import { MemoryStore } from '../../src/store/memory/memory-store.ts'
import { type Binding, MemoryConnection } from '../../test/support/memory-transport.ts'

const settingsOf = () => {
  const env = { SLUICE_NOTIFICATION_INTERVAL_MS: '1', SLUICE_HANDSHAKE_TIMEOUT_SECONDS: '5' }
  const loaded = loadSettings({ env, readFile: () => '' })
  if ('problems' in loaded) throw new Error(loaded.problems.join('\n'))
  return loaded.settings
}

/** Lines of the log, for whoever wants to know whether there are any. */
export interface Heard {
  write(line: string): void
}

const blocksOf = async function* (connection: MemoryConnection): AsyncGenerator<Bytes> {
  for (;;) {
    const block = connection.take()
    if (block !== undefined) yield block
    else if (connection.fate === 'open') await connection.arrival()
    else return
  }
}

const transportOf = (connection: MemoryConnection, identity: Identity): ClientTransport => ({
  binding: { sessionId: connection.binding.sessionId, chain: identity.chainDer },
  blocks: blocksOf(connection),
  send: (block) => connection.send(block),
  close: () => connection.leave(),
})

export class InnerRelay {
  readonly identity: Identity
  readonly store: MemoryStore
  readonly #hub = new Hub<Session>()
  readonly #sessions: Sessions

  constructor(identity: Identity, heard: Heard) {
    this.identity = identity
    const settings = settingsOf()
    const log = pino({ level: 'warn' }, heard)
    const faults = new FaultLog(log)
    const measures = new Measures()
    const now = Date.now
    const { deliver } = this.#hub
    this.store = new MemoryStore({ deliver, now, limits: settings, measures: measures.store })
    // as `openStore` gives it, which one process alone needs nothing more of
    const limits = openLimits({ settings, store: this.store, log, onFault: faults.tell })
    this.#sessions = new Sessions({
      ...{
        settings,
        crypto,
        hub: this.#hub,
        store: this.store,
        limits,
        faults,
        measures,
        log,
        now,
      },
      proxy: undefined,
      tracing: undefined,
    })
  }

  /** Connections that are not over. */
  get connections(): number {
    return this.#sessions.size
  }

  dial(options: Pick<Binding, 'chain'> & { readonly alpn: string | undefined }): ClientTransport {
    const connection = new MemoryConnection({ ...options, sessionId: crypto.randomBytes(32) })
    this.#sessions.accept(connection.transport(), this.identity)
    return transportOf(connection, this.identity)
  }
}
