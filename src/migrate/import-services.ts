/** Puts the services of a store log into the destination, and their queues under them. */
import type { CryptoProvider } from '../crypto/provider.ts'
import { equalBytes } from '../protocol/bytes.ts'
import type { ServiceRole } from '../protocol/handshake.ts'
import type { ServiceId } from '../protocol/ids.ts'
import type { Service } from '../store/store.ts'
import type { WholeQueue } from '../store/transfer.ts'
import type { LoggedQueue } from './create-line.ts'
import type { Run } from './run.ts'
import type { LoggedService } from './services.ts'

/** A service of the files, as the destination knows it. */
export interface KnownService {
  readonly role: ServiceRole
  readonly service: Service
  readonly logged: LoggedService
}

export interface ServiceAt {
  readonly line: number
  readonly logged: LoggedService
}

const isOfChain = (crypto: CryptoProvider, { chain, certificateHash }: LoggedService): boolean =>
  chain.some((certificate) => equalBytes(crypto.sha256(certificate), certificateHash))

const importService = async (run: Run, { line, logged }: ServiceAt): Promise<void> => {
  const { destination, crypto, services, tally, problems, files } = run
  const problem = (reason: string) => problems.add({ file: files.queues.name, line, reason })
  const { serviceId, role, certificateHash: hash } = logged
  if (!isOfChain(crypto, logged)) return problem('cert_hash is that of no certificate')
  if (services.has(serviceId)) return problem('left out: another service has its id')
  const put = await destination.putService({ serviceId, role, hash })
  if (put.outcome === 'refused') return problem('left out: its certificate has another role')
  if (put.outcome === 'other') problem('its certificate has another id in the cluster, which stays')
  services.set(serviceId, { role, service: put.service, logged })
  tally.services += 1
}

export const importServices = async (run: Run, all: readonly ServiceAt[]): Promise<void> => {
  for (const at of all) {
    run.signal.throwIfAborted()
    await importService(run, at)
  }
}

/** How many the destination has by now: those that it did not have are there from now on. */
export const verifyServices = async ({ destination, services }: Run): Promise<number> => {
  let count = 0
  for (const { service, role, logged } of services.values()) {
    const { serviceId } = service
    const put = await destination.putService({ serviceId, role, hash: logged.certificateHash })
    if (put.outcome === 'same') count += 1
  }
  return count
}

/** A queue of the files with its services; without those that are not known, or of another role. */
export const queueWithServices = (
  services: ReadonlyMap<ServiceId, KnownService>,
  { queue, recipientService, notifierService }: LoggedQueue,
  onProblem: (reason: string) => void,
): WholeQueue => {
  const find = (id: ServiceId | undefined, role: ServiceRole): Service | undefined => {
    if (id === undefined) return undefined
    const known = services.get(id)
    if (known?.role === role) return known.service
    onProblem(`without its ${role} service: there is none of this id`)
    return undefined
  }
  const own = find(recipientService, 'messaging')
  const { notifier } = queue
  const watching = find(notifierService, 'notifier')
  if (own === undefined && watching === undefined) return queue
  return {
    ...queue,
    ...(own && { serviceId: own.serviceId }),
    ...(notifier && watching && { notifier: { ...notifier, service: watching } }),
  }
}
