/** The real relay, on a port of its own. */
import { pino } from 'pino'
import { settingsSchema } from '../../../src/config/settings.ts'
import type { ServerAddress } from '../../../src/protocol/address.ts'
import { type RelayOptions, startRelay } from '../../../src/relay.ts'
import { makeIdentity } from './identity.ts'

export interface TestRelay extends AsyncDisposable {
  readonly address: ServerAddress
  /** The first port for WebSocket. */
  webPort(kind: 'wss' | 'ws'): number
  /** Of the admin API. */
  readonly adminPort: number
}

export type Given = Readonly<Record<string, string>>

/** `given`: settings by their names, as one writes them in the environment. */
export const startTestRelay = async (
  given: Given = {},
  webCertificate?: RelayOptions['webCertificate'],
): Promise<TestRelay> => {
  const { keyHash, chain, ...keys } = makeIdentity()
  const identity = {
    fingerprint: keyHash,
    chainDer: chain,
    notAfter: new Date('2099-01-01'),
    ...keys,
  }
  const settings = settingsSchema.parse({
    ports: '0',
    bind: '127.0.0.1',
    drainSeconds: '0',
    ...given,
  })
  const relay = await startRelay({
    ...{ settings, identity, webCertificate },
    log: pino({ level: 'silent' }),
  })
  const [port] = relay.ports
  return {
    address: { keyHash, hosts: ['127.0.0.1'], ...(port !== undefined && { port }) },
    adminPort: relay.adminPort ?? 0,
    webPort: (kind) => relay.webPorts[kind][0] ?? 0,
    [Symbol.asyncDispose]: () => relay.close(),
  }
}
