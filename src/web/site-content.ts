/** What the site says of this very relay. */
import type { Information } from '../config/information.ts'
import type { Settings } from '../config/settings.ts'
import { packageVersion } from '../package-version.ts'
import { DEFAULT_PORT, printServerAddress } from '../protocol/address.ts'
import type { Bytes } from '../protocol/bytes.ts'
import { bareBase64url } from '../protocol/text.ts'
import { serverInformation } from './server-information.ts'
import type { SiteContent } from './site.ts'

interface Relay {
  readonly settings: Settings
  readonly identity: { readonly fingerprint: Bytes }
  readonly information: Information | undefined
  /** Where it listens. */
  readonly ports: readonly number[]
}

export const siteContent = ({ settings, identity, information, ports }: Relay): SiteContent => {
  const { hosts, versions } = settings
  const { fingerprint } = identity
  const [port = DEFAULT_PORT] = ports
  return {
    about: {
      ...serverInformation(settings, information),
      host: hosts[0],
      address: printServerAddress({ keyHash: fingerprint, hosts, port }),
      version: packageVersion(),
      smpVersions: versions,
    },
    links: { hosts, port, fingerprint: bareBase64url(fingerprint) },
  }
}
