/**
 * Takes over what changes while a relay runs: its certificates, and settings from files. Each of
 * identity, web certificate and settings is taken over as a whole or, when something is wrong with
 * it, stays as it was.
 */
import { join } from 'node:path'
import type { Logger } from 'pino'
import { readTextFile } from '../config/environment.ts'
import { loadSettings } from '../config/load-settings.ts'
import { type SettingName, type Settings, settingsTable } from '../config/settings.ts'
import { type Identity, loadIdentity } from '../identity/identity.ts'
import { IdentityError } from '../identity/identity-error.ts'
import type { WebCertificate } from '../identity/web-certificate.ts'
import { FileWatch } from '../lifecycle/watch-files.ts'
import type { Relay } from '../relay.ts'
import { givenWebCertificate } from './given.ts'
import type { Io } from './io.ts'

export interface ReloadOptions {
  readonly io: Pick<Io, 'env' | 'onHangup'>
  readonly relay: Pick<Relay, 'configure' | 'renewIdentity' | 'renewWebCertificate'>
  readonly log: Logger
  /** What the relay was started with. */
  readonly settings: Settings
  readonly identity: Identity
  readonly webCertificate: WebCertificate | undefined
  /** Between two looks at the files. */
  readonly lookMs?: number
}

interface Pem {
  readonly chainPem: string
  readonly keyPem: string
}

const isSame = (a: Pem | undefined, b: Pem): boolean =>
  a?.chainPem === b.chainPem && a.keyPem === b.keyPem

const variablesOf = (names: readonly SettingName[]): readonly (string | undefined)[] =>
  names.map((name) => settingsTable.get(name)?.variable)

export class Reload {
  readonly #options: ReloadOptions
  readonly #watch: FileWatch
  readonly #ignoreHangups: () => void
  #identity: Identity
  #webCertificate: WebCertificate | undefined
  /** Named by the settings, and read for them. */
  #files: ReadonlySet<string> = new Set()
  #reloading: Promise<void> = Promise.resolve()

  constructor(options: ReloadOptions) {
    const { io, lookMs, log } = options
    this.#options = options
    this.#identity = options.identity
    this.#webCertificate = options.webCertificate
    this.#watch = new FileWatch(() => this.#begin(() => this.#reload()), lookMs)
    this.#ignoreHangups = io.onHangup(() => {
      this.#begin(async () => {
        if (!(await this.#reload())) log.info('reloaded: nothing has changed')
      })
    })
    // they may have changed since they were read
    this.#begin(() => this.#watch.watch(this.#paths(), false))
  }

  stop(): void {
    this.#watch.stop()
    this.#ignoreHangups()
  }

  /** One after the other. */
  #begin(reload: () => Promise<unknown>): void {
    this.#reloading = this.#reloading.then(async () => {
      try {
        await reload()
      } catch (fault) {
        this.#options.log.error({ fault: String(fault) }, 'the reload failed')
      }
    })
  }

  /** Whether anything has changed, be it to the wrong. */
  async #reload(): Promise<boolean> {
    // before they are read: what changes meanwhile is seen at the next look
    await this.#watch.watch(this.#paths())
    const changed = [await this.#reloadIdentity(), await this.#reloadWeb(), this.#reloadSettings()]
    return changed.includes(true)
  }

  #paths(): ReadonlySet<string> {
    const { dataDir, webCert, webKey } = this.#options.settings
    const identity = ['ca.crt', 'server.crt', 'server.key'].map((file) => join(dataDir, file))
    const web = webCert === undefined || webKey === undefined ? [] : [webCert, webKey]
    this.#readSettings()
    return new Set([...identity, ...web, ...this.#files])
  }

  #readSettings() {
    const files = new Set<string>()
    const readFile = (path: string): string => {
      files.add(path)
      return readTextFile(path)
    }
    const loaded = loadSettings({ env: this.#options.io.env, readFile })
    this.#files = files
    return loaded
  }

  #reloadSettings(): boolean {
    const { relay, log } = this.#options
    const loaded = this.#readSettings()
    if ('problems' in loaded) {
      for (const problem of loaded.problems)
        log.error({ problem }, 'the settings have changed and are not valid: the old ones stay')
      return true
    }
    const { applied, waiting } = relay.configure(loaded.settings)
    if (applied.includes('logLevel')) log.level = loaded.settings.logLevel
    if (applied.length > 0) log.info({ variables: variablesOf(applied) }, 'settings were reloaded')
    if (waiting.length > 0)
      log.warn({ variables: variablesOf(waiting) }, 'changed settings that need a restart')
    return applied.length + waiting.length > 0
  }

  #reloadIdentity(): Promise<boolean> {
    const { relay, settings } = this.#options
    return this.#renew('server certificate', async () => {
      const identity = await loadIdentity(settings.dataDir)
      if (isSame(this.#identity, identity)) return undefined
      relay.renewIdentity(identity)
      this.#identity = identity
      return identity.notAfter
    })
  }

  #reloadWeb(): Promise<boolean> {
    const { relay, settings } = this.#options
    return this.#renew('web certificate', async () => {
      const certificate = await givenWebCertificate(settings)
      if (certificate === undefined || isSame(this.#webCertificate, certificate)) return undefined
      relay.renewWebCertificate(certificate)
      this.#webCertificate = certificate
      return certificate.notAfter
    })
  }

  /** @param renew returns until when the new one is valid, undefined where it is the old one */
  async #renew(what: string, renew: () => Promise<Date | undefined>): Promise<boolean> {
    const { log } = this.#options
    try {
      const notAfter = await renew()
      if (notAfter !== undefined) log.info({ notAfter }, `the ${what} was renewed`)
      return notAfter !== undefined
    } catch (error) {
      if (!(error instanceof IdentityError)) throw error
      // one of two files may be new already: the other one's change brings us here again
      const reason = error.message
      log.error({ reason }, `the ${what} has changed and is not valid: the old one stays`)
      return true
    }
  }
}
