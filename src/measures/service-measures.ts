/** Sessions of services (SMP, "Services"). */
import { Shares } from './shares.ts'
import { ByWord, Tally } from './tally.ts'

/** Of what a client hello says of a service; `failed`: the store could not be asked. */
export type ServiceHelloOutcome = 'done' | 'bad_auth' | 'bad_service' | 'failed'

const roles: readonly string[] = ['messaging', 'notifier', 'proxy']
const helloOutcomes: readonly ServiceHelloOutcome[] = ['done', 'bad_auth', 'bad_service', 'failed']

export class ServiceMeasures {
  /** By role. */
  readonly hellos = new ByWord(() => new Tally(helloOutcomes), roles)
  /** Open sessions of services, by role. */
  readonly open = new Tally(roles)
  /** Connections that hold the notifications of a service. */
  readonly held = new Shares()
  /** The notifiers of those services, as far as they were told. */
  readonly notifiers = new Shares()
  /** NSUBs in a service's session: of a notifier without a service, of its own, of another's. */
  readonly associations = { new: 0, duplicate: 0, updated: 0 }
  /** NSUBs of ordinary connections that took a notifier from its service. */
  associationsRemoved = 0
  /** NSUBSs that took a service over, and those of its holder. */
  readonly subscriptions = { done: 0, duplicate: 0 }
  /** ENDS. */
  endings = 0
}
