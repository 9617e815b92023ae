/** The relay as `sluice start` runs it, in a process of its own. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { countBuffersWithHeap } from '../../src/collector.ts'
import { loadSettings } from '../../src/config/load-settings.ts'
import type { Settings } from '../../src/config/settings.ts'
import { createIdentity, type Identity, loadIdentity } from '../../src/identity/identity.ts'
import { Ops } from '../../src/ops/ops.ts'
import { printServerAddress } from '../../src/protocol/address.ts'
import { startRelay } from '../../src/relay.ts'
import { measureParts } from '../message-parts.ts'
import { answerCalls } from './calls.ts'
import { usageMethods } from './own-usage.ts'

const newIdentity = async (): Promise<Identity> => {
  const directory = await mkdtemp(join(tmpdir(), 'sluice-bench-'))
  try {
    await createIdentity({ directory, hosts: ['localhost'], algorithm: 'Ed25519' })
    return await loadIdentity(directory)
  } finally {
    await rm(directory, { recursive: true })
  }
}

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

let ops: Ops | undefined

/**
 * Listens with these settings beside the defaults; returns the relay's address. With a data
 * directory it has the identity there, as all relays of a cluster do.
 */
const start = async (env: Readonly<Record<string, string>>): Promise<string> => {
  const settings = settingsOf(env)
  const isNew = env.SLUICE_DATA_DIR === undefined
  const identity = await (isNew ? newIdentity() : loadIdentity(settings.dataDir))
  ops = await opsOf(settings)
  const relay = await startRelay({
    settings,
    identity,
    ops,
    log: pino({ level: 'warn' }, process.stderr),
  })
  const [port = 0] = relay.ports
  return printServerAddress({ keyHash: identity.fingerprint, hosts: ['127.0.0.1'], port })
}

/** 0 where there is none. */
const opsPort = (): number => ops?.port ?? 0

// as the program does
countBuffersWithHeap()

const methods = { ...usageMethods, start, opsPort, parts: measureParts }

export type RelayMethods = typeof methods

answerCalls(methods)
