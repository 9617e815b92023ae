/** The last resort, in bare containers. */
import { execFile } from 'node:child_process'
import { rm, writeFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { Unavailable } from './launch.ts'

/** Asked by Debian's packages before they start a service; 101: no. */
const POLICY = '/usr/sbin/policy-rc.d'

const run = promisify(execFile)

const aptGet = async (...args: readonly string[]): Promise<void> => {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  // another test process may be installing
  await run('apt-get', ['-qq', '-o', 'DPkg::Lock::Timeout=300', ...args], { env })
}

const forbidServices = async (): Promise<AsyncDisposable> => {
  const isOurs = await writeFile(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755, flag: 'wx' }).then(
    () => true,
    () => false,
  )
  return { [Symbol.asyncDispose]: async () => void (isOurs && (await rm(POLICY))) }
}

/** @throws Unavailable */
export const installRedis = async (): Promise<void> => {
  console.error('Redis for the tests: installing redis-server with apt-get')
  await using _ = await forbidServices()
  try {
    await aptGet('update')
    await aptGet('install', '--yes', '--no-install-recommends', 'redis-server')
  } catch {
    throw new Unavailable('apt-get cannot install redis-server')
  }
}
