/** `NEW_SERVICE`: a service of the reference, and who it is (reference, StoreLog). */
import type { ServiceRole } from '../protocol/handshake.ts'
import { type ServiceId, serviceIdOf } from '../protocol/ids.ts'
import { bytesField, idField, LineProblem, secondsField } from './fields.ts'

export interface LoggedService {
  readonly serviceId: ServiceId
  readonly role: ServiceRole
  /** Certificates (DER), the service's own first. */
  readonly chain: readonly Uint8Array[]
  readonly certificateHash: Uint8Array
  readonly createdAt: number
}

const roles: ReadonlyMap<string, ServiceRole> = new Map([
  ['M', 'messaging'],
  ['N', 'notifier'],
  ['P', 'proxy'],
])
const CERTIFICATE_LENGTH = { min: 1, max: 65_535 }
const HASH_LENGTH = { min: 32, max: 32 }

export const serviceField = (text: string): ServiceId =>
  serviceIdOf(idField('the service id', text))

const serviceForm = /^service_id=(\S+) role=([MNP]) cert=(\S+) cert_hash=(\S+) created_at=(\S+)$/

/** What follows `NEW_SERVICE `. */
export const parseService = (text: string): LoggedService => {
  const [, id = '', letter = '', chain = '', hash = '', createdAt = ''] =
    serviceForm.exec(text) ?? []
  const role = roles.get(letter)
  if (role === undefined) throw new LineProblem('not a service of a known form')
  return {
    serviceId: serviceField(id),
    role,
    chain: chain.split(',').map((one) => bytesField('cert', one, CERTIFICATE_LENGTH)),
    certificateHash: bytesField('cert_hash', hash, HASH_LENGTH),
    createdAt: secondsField('created_at', createdAt),
  }
}
