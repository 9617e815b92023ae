/** The relay as `sluice start` runs it, in a process of its own. */
import { pino } from 'pino'
import { countBuffersWithHeap } from '../../src/collector.ts'
import { loadSettings } from '../../src/config/load-settings.ts'
import type { Settings } from '../../src/config/settings.ts'
import { loadIdentity } from '../../src/identity/identity.ts'
import { loadWebCertificate } from '../../src/identity/web-certificate.ts'
import { Ops } from '../../src/ops/ops.ts'
import { printServerAddress } from '../../src/protocol/address.ts'
import { type Relay, startRelay } from '../../src/relay.ts'
import { measureParts } from '../message-parts.ts'
import { answerCalls } from './calls.ts'
import { newIdentity } from './new-identity.ts'
import { usageMethods } from './own-usage.ts'

const settingsOf = (env: Readonly<Record<string, string>>): Settings => {
  const loaded = loadSettings({
    env: { SLUICE_BIND: '127.0.0.1', SLUICE_PORT: '0', SLUICE_OPS_PORT: 'off', ...env },
    readFile: () => '',
  })
  if ('problems' in loaded) throw new Error(loaded.problems.join('\n'))
  return loaded.settings
}

const opsOf = async ({ opsPort: port, bind }: Settings): Promise<Ops | undefined> =>
  port === undefined ? undefined : Ops.open({ port, bind })

const webCertificateOf = async ({ webCert, webKey }: Settings) =>
  webCert && webKey ? loadWebCertificate(webCert, webKey) : undefined

let ops: Ops | undefined
let relay: Relay | undefined

/**
 * Listens with these settings beside the defaults; returns the relay's address. With a data
 * directory it has the identity there, as all relays of a cluster do.
 */
const start = async (env: Readonly<Record<string, string>>): Promise<string> => {
  const settings = settingsOf(env)
  const isNew = env.SLUICE_DATA_DIR === undefined
  const identity = await (isNew ? newIdentity() : loadIdentity(settings.dataDir))
  ops = await opsOf(settings)
  relay = await startRelay({
    settings,
    identity,
    webCertificate: await webCertificateOf(settings),
    ops,
    log: pino({ level: 'warn' }, process.stderr),
  })
  const [port = 0] = relay.ports
  return printServerAddress({ keyHash: identity.fingerprint, hosts: ['127.0.0.1'], port })
}

/** 0 where there is none. */
const opsPort = (): number => ops?.port ?? 0

/** Ports beside those of its address; 0 for none. */
const otherPorts = () => ({
  ws: relay?.webPorts.ws[0] ?? 0,
  ops: opsPort(),
  admin: relay?.adminPort ?? 0,
})

/** What is open in the process: connections that the relay serves, and all that Node knows of. */
const open = (): { readonly connections: number; readonly resources: readonly string[] } => ({
  connections: relay?.connections ?? 0,
  resources: process.getActiveResourcesInfo(),
})

// as the program does
countBuffersWithHeap()

const methods = { ...usageMethods, start, opsPort, otherPorts, open, parts: measureParts }

export type RelayMethods = typeof methods

answerCalls(methods)
