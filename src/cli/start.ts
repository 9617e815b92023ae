import { parseArgs } from 'node:util'
import { type Logger, pino } from 'pino'
import { givenWithoutEffect } from '../config/reserved.ts'
import type { Settings } from '../config/settings.ts'
import type { Identity } from '../identity/identity.ts'
import { type WebCertificate, watchWebCertificate } from '../identity/web-certificate.ts'
import { packageVersion } from '../package-version.ts'
import { type Relay, type RelayOptions, startRelay } from '../relay.ts'
import type { Command } from './command.ts'
import {
  addressText,
  firstOrPresentIdentity,
  givenInformation,
  givenSettings,
  givenWebCertificate,
  presentIdentity,
} from './given.ts'
import { listenFailure } from './listen-failure.ts'
import { redisFailure } from './redis-failure.ts'
import { aborted } from './signals.ts'

const identityOf = async (settings: Settings, log: Logger): Promise<Identity> => {
  const { dataDir: directory, redisUrl } = settings
  // each relay with an identity of its own would be no cluster
  if (redisUrl !== undefined) return presentIdentity(directory)
  return firstOrPresentIdentity(settings, () => log.info({ directory }, 'made a new identity'))
}

const webCertificateOf = async (
  settings: Settings,
  log: Logger,
): Promise<WebCertificate | undefined> => {
  const certificate = await givenWebCertificate(settings)
  // SMP goes on without it
  if (certificate !== undefined && certificate.notAfter < new Date())
    log.warn({ notAfter: certificate.notAfter }, 'the web certificate has expired')
  return certificate
}

/** Renewed certificates are used without a restart; the result stops that. */
const keepWebCertificate = ({ webCert, webKey }: Settings, relay: Relay, log: Logger) => {
  if (webCert === undefined || webKey === undefined) return () => undefined
  const files = { certificatePath: webCert, keyPath: webKey }
  const renew = async (loading: Promise<WebCertificate>): Promise<void> => {
    try {
      const certificate = await loading
      relay.renewWebCertificate(certificate)
      log.info({ notAfter: certificate.notAfter }, 'the web certificate was renewed')
    } catch (error) {
      // one of the two files may be new already: the other one's change brings us here again
      const reason = error instanceof Error ? error.message : String(error)
      log.warn({ reason }, 'the web certificate has changed and is not valid: the old one stays')
    }
  }
  return watchWebCertificate(files, (loading) => void renew(loading))
}

const listen = async (options: RelayOptions): Promise<Relay> => {
  const { settings } = options
  try {
    return await startRelay(options)
  } catch (error) {
    throw listenFailure(redisFailure(error), settings)
  }
}

export const start: Command = {
  usage: 'start',
  about: `
Runs a relay in the foreground. When it accepts connections it prints one line with its
address (without the password, which 'sluice address' adds); logs go to stderr.

At the first start an identity is made in SLUICE_DATA_DIR. Queues and messages are kept in
memory and end with the process, unless SLUICE_REDIS_URL names a Redis or Valkey: then any
number of relays with one identity (see 'sluice init') share what is there, which 'sluice
cluster' shows on one machine.

All settings are environment variables, or lines of the file SLUICE_CONFIG: 'sluice check --help'
lists them, 'sluice check' finds mistakes.

SIGTERM or Ctrl-C stops the relay within SLUICE_DRAIN_SECONDS; a second one ends it at once.`,
  options: {},
  async run(args, io) {
    parseArgs({ args: [...args] })
    const settings = givenSettings(io)
    const { logLevel: level } = settings
    const log = pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, io.stderr)
    for (const variable of givenWithoutEffect(io.env))
      log.warn({ variable }, 'this version does not have this setting')
    const information = givenInformation(settings)
    const identity = await identityOf(settings, log)
    const webCertificate = await webCertificateOf(settings, log)
    const relay = await listen({ settings, identity, webCertificate, information, log })
    const { ports, webPorts, adminPort } = relay
    const address = addressText({ ...identity, hosts: settings.hosts, ports })
    log.info({ version: packageVersion(), ports, webPorts, adminPort }, 'ready')
    io.stdout.write(`Sluice is ready: ${address}\n`)
    const unwatch = keepWebCertificate(settings, relay, log)
    await aborted(io.signal)
    unwatch()
    log.info({ signal: io.signal.reason }, 'stopping')
    await relay.close()
    log.info('stopped')
    return 0
  },
}
