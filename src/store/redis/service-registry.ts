/** Certificates and the services that they belong to: the first to register one decides for ever. */
import { setTimeout as delay } from 'node:timers/promises'
import { type Bytes, ProtocolError } from '../../protocol/bytes.ts'
import type { ServiceRole } from '../../protocol/handshake.ts'
import { ID_BYTES, type ServiceId, serviceIdOf } from '../../protocol/ids.ts'
import { Reader } from '../../protocol/reader.ts'
import { bareBase64url } from '../../protocol/text.ts'
import { Writer } from '../../protocol/writer.ts'
import type { ServiceCertificate } from '../service-store.ts'
import type { Service } from '../store.ts'
import { StoreUnavailable } from '../store-error.ts'
import type { PutService, WholeService } from '../transfer.ts'
import { bytesOf } from './answer.ts'
import { durably } from './changes.ts'
import { CLAIM_SECONDS } from './indexes.ts'
import type { Pod } from './pod.ts'
import { readService, writeService } from './record-codec.ts'
import { scripts } from './scripts.ts'

/** While another pod registers the same certificate. */
const ATTEMPTS = 40
const RETRY_MS = 50
const NAME_BYTES = 16
const FORMAT = 1

interface Registered {
  readonly service: Service
  readonly role: ServiceRole
}

const roleLetters = { messaging: 0x4d, notifier: 0x4e, proxy: 0x50 } as const

const encode = ({ service, role }: Registered): Bytes =>
  writeService(new Writer(64).u8(FORMAT).u8(roleLetters[role]), service).bytes()

const roleOf = (letter: number): ServiceRole => {
  if (letter === roleLetters.messaging) return 'messaging'
  if (letter === roleLetters.notifier) return 'notifier'
  if (letter === roleLetters.proxy) return 'proxy'
  throw new ProtocolError('a service of an unknown role')
}

const decode = (bytes: Bytes): Registered => {
  const reader = new Reader(bytes)
  if (reader.u8() !== FORMAT) throw new ProtocolError('a service of another format')
  const role = roleOf(reader.u8())
  const service = readService(reader)
  reader.finish()
  return { role, service }
}

/** What stands under a name, or who is about to stand there. */
type Found = Registered | 'claimed' | 'own' | 'none'

export class ServiceRegistry {
  readonly #pod: Pod

  constructor(pod: Pod) {
    this.#pod = pod
  }

  async register(certificate: ServiceCertificate) {
    const { crypto } = this.#pod.options
    const put = await this.put({
      ...certificate,
      serviceId: serviceIdOf(crypto.randomBytes(ID_BYTES)),
    })
    return put.outcome === 'refused' ? put : ({ outcome: 'done', service: put.service } as const)
  }

  /** The id is for a certificate that has none yet. */
  async put({ hash, role, serviceId }: WholeService): Promise<PutService> {
    const mine = { service: this.#named(serviceId), role }
    const { service, role: bound } = await this.#registered(hash, mine)
    if (bound !== role) return { outcome: 'refused' }
    if (service === mine.service) return { outcome: 'made', service }
    return { outcome: service.serviceId === serviceId ? 'same' : 'other', service }
  }

  async #registered(hash: Bytes, mine: Registered): Promise<Registered> {
    const { keys, clusterKeys } = this.#pod.options
    const [newest, ...older] = clusterKeys.blinds('certificate', hash)
    const name = keys.certificate(newest)
    const olderNames = older.map((blind) => keys.certificate(blind))
    const sealed = clusterKeys.seal(encode(mine))
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const registered = await this.#attempt(name, olderNames, { sealed, role: mine.role })
      if (registered === 'kept') return mine
      if (registered !== undefined) return registered
      await delay(RETRY_MS * (1 + Math.random()))
    }
    throw new StoreUnavailable('another relay registers the same service and does not finish')
  }

  /**
   * Keys rotate, so two pods may look under different names first: each claims its own name before
   * it looks under the others, so that one of two sees the other. Undefined: to be tried again.
   */
  async #attempt(
    name: string,
    olderNames: readonly string[],
    { sealed, role }: { readonly sealed: Bytes; readonly role: ServiceRole },
  ): Promise<Registered | 'kept' | undefined> {
    const present = (await this.#find([name, ...olderNames])).find(isRegistered)
    if (present !== undefined) return present
    const claimed = await this.#look(name, sealed)
    if (isRegistered(claimed)) return claimed
    if (claimed !== 'own') return undefined
    const others = await this.#find(olderNames)
    if (others.every((one) => one === 'none'))
      return (await this.#keep(name, sealed, role)) ? 'kept' : undefined
    await this.#pod.run(scripts.releaseIndex, [name], [sealed])
    return others.find(isRegistered)
  }

  #find(names: readonly string[]): Promise<readonly Found[]> {
    return Promise.all(names.map((name) => this.#look(name, '')))
  }

  async #look(name: string, sealed: Bytes | ''): Promise<Found> {
    const { word, rest } = await this.#pod.run(
      scripts.claimCertificate,
      [name],
      [sealed, CLAIM_SECONDS],
    )
    if (word !== 'kept') return word === 'own' || word === 'none' ? word : 'claimed'
    const opened = this.#pod.options.clusterKeys.open(bytesOf(rest[0]) ?? new Uint8Array(0))
    if (opened === undefined)
      throw new ProtocolError('a service does not open with any of the cluster keys')
    return decode(opened)
  }

  async #keep(name: string, sealed: Bytes, role: ServiceRole): Promise<boolean> {
    const { keys } = this.#pod.options
    const { word } = await this.#pod.run(
      scripts.keepCertificate,
      [name, keys.counts(keys.tagOfKey(name) ?? '')],
      [sealed, String.fromCharCode(roleLetters[role])],
      durably,
    )
    return word === 'done'
  }

  #named(serviceId: ServiceId): Service {
    return { serviceId, name: bareBase64url(this.#pod.options.crypto.randomBytes(NAME_BYTES)) }
  }
}

const isRegistered = (found: Found): found is Registered => typeof found === 'object'
