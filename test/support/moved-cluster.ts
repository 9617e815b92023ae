/** Clusters that state is moved from and to. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { pino } from 'pino'
import { openClient, type ServiceCertificate } from '../../src/client/index.ts'
import { loadSettings } from '../../src/config/load-settings.ts'
import { loadIdentity } from '../../src/identity/identity.ts'
import { startRelay } from '../../src/relay.ts'
import { redisUrl } from './redis.ts'
import { type Env, runSluice } from './sluice.ts'

/** The recorded state was recorded once: nothing of it expires. */
const FOR_EVER = {
  SLUICE_MESSAGE_TTL_SECONDS: '315360000',
  SLUICE_NOTIFICATION_TTL_SECONDS: '315360000',
}

export const newEnv = async (dataDir: string): Promise<Env> => ({
  ...FOR_EVER,
  SLUICE_DATA_DIR: dataDir,
  SLUICE_HOST: '127.0.0.1',
  SLUICE_BIND: '127.0.0.1',
  SLUICE_PORT: '0',
  SLUICE_DRAIN_SECONDS: '0',
  SLUICE_REDIS_URL: await redisUrl(randomBytes(6).toString('hex')),
  SLUICE_CLUSTER_KEY: randomBytes(32).toString('hex'),
})

/** A relay of the cluster, and a client of it, which may be a service. */
export const startPod = async (env: Env, service?: ServiceCertificate) => {
  const loaded = loadSettings({ env, readFile: () => '' })
  assert.ok('settings' in loaded)
  const { settings } = loaded
  const identity = await loadIdentity(settings.dataDir)
  const relay = await startRelay({ settings, identity, log: pino({ level: 'silent' }) })
  const [port = 0] = relay.ports
  const address = { keyHash: identity.fingerprint, hosts: ['127.0.0.1'] as const, port }
  const client = await openClient({ address, ...(service && { service }) })
  return {
    client,
    [Symbol.asyncDispose]: async () => {
      client.close()
      await relay.close()
    },
  }
}

/** Two clusters of one identity, which is made in this folder. */
export const newClusters = async (folder: string): Promise<readonly [from: Env, to: Env]> => {
  const dataDir = join(folder, 'data')
  const [from, to] = [await newEnv(dataDir), await newEnv(dataDir)]
  assert.equal((await runSluice(['init'], from)).code, 0)
  return [from, to]
}
