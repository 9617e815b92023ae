/** Who sent a command (SMP, "Verification of transmissions", in the order of the reference's checks). */
import { verifyAuthorization } from '../crypto/authenticator.ts'
import type { CryptoProvider } from '../crypto/provider.ts'
import { BLOCK_BYTES } from '../protocol/block.ts'
import { type Bytes, noBytes } from '../protocol/bytes.ts'
import type { SmpError } from '../protocol/error.ts'
import type { ServiceRole } from '../protocol/handshake.ts'
import type { AuthKey } from '../protocol/keys.ts'
import { errAuth } from '../protocol/reply.ts'
import type { Lookup, QueueRecord } from '../store/store.ts'
import {
  type Authorized,
  type Claimed,
  type Faulty,
  missing,
  type Refused,
  refuse,
} from './authorize.ts'

/** What is authorised in one piece, for the length of one verification. */
const authorizedScratch = new Uint8Array(2 * BLOCK_BYTES)

const errService: SmpError = { code: 'SERVICE' }
const errProhibited: SmpError = { code: 'CMD', reason: 'PROHIBITED' }

/** `certificateHash`: what precedes where a service signs too. */
const authorizedOf = ({ transmission, binding }: Claimed, certificateHash = noBytes): Bytes => {
  const { authorizedPrefix } = binding
  let length = 0
  for (const part of [certificateHash, authorizedPrefix, transmission.tail]) {
    authorizedScratch.set(part, length)
    length += part.length
  }
  return authorizedScratch.subarray(0, length)
}

/**
 * Not where a right credential may be answered ERR AUTH, as SEND to a suspended queue is: that takes
 * the work of a queue that does not exist.
 */
const secretsFor = (claim: Claimed, queue: QueueRecord | undefined) =>
  claim.party !== undefined &&
  claim.entry.isFrequent &&
  (queue === undefined || queue.status.state === 'active')
    ? claim.binding.secrets
    : undefined

interface Candidates {
  readonly queue: QueueRecord | undefined
  readonly keys: readonly AuthKey[]
}

/** Whether one of the keys authorised the command, and for which service. */
const verifies = (crypto: CryptoProvider, claim: Claimed, { queue, keys }: Candidates): boolean => {
  const { authorization, correlationId, serviceSignature } = claim.transmission
  const { sessionKey, service } = claim.binding
  const secrets = secretsFor(claim, queue)
  const certificateHash = serviceSignature && service?.certificateHash
  const authorized = authorizedOf(claim, certificateHash)
  const credential = { authorization, authorized, correlationId, sessionKey, secrets }
  return verifyAuthorization(crypto, credential, keys)
}

/** The role of services that may send the command; none: any. */
const roleOf = (claim: Claimed): ServiceRole | undefined => {
  if (claim.party === undefined) return claim.entry.role
  return claim.party === 'notifier' ? 'notifier' : 'messaging'
}

/** What is wrong with it as a command of a service, or of a client that is none. */
const serviceProblem = (crypto: CryptoProvider, claim: Claimed): SmpError | undefined => {
  const { binding, transmission, entry, entityId } = claim
  const { service } = binding
  const { authorization, serviceSignature } = transmission
  const role = roleOf(claim)
  if (service !== undefined && role !== undefined && role !== service.role) return errProhibited
  const isSigned = (signature: Bytes): boolean =>
    service !== undefined && crypto.verify(service.key, authorizedOf(claim), signature)
  switch (entry.byService) {
    case 'alone': {
      const isOurs = entityId === service?.service.serviceId
      const isRight = serviceSignature === undefined && isOurs && isSigned(authorization)
      return isRight ? undefined : errService
    }
    case 'too':
      if (service === undefined) return serviceSignature && errService
      return serviceSignature !== undefined && isSigned(serviceSignature) ? undefined : errService
    default:
      return serviceSignature && errService
  }
}

/** The command if its credential is good for the queue, which may not exist. */
const verifyClaim = (
  crypto: CryptoProvider,
  claim: Claimed,
  queue: QueueRecord | undefined,
): Authorized | Refused => {
  const hasAuthorization = claim.transmission.authorization.length > 0
  const check = (keys: readonly AuthKey[]): boolean =>
    hasAuthorization && verifies(crypto, claim, { queue, keys })
  const refused = { ...claim, refusal: errAuth }
  if (claim.party !== undefined && queue === undefined) {
    // the work of a queue that exists: hides which ids do
    serviceProblem(crypto, claim)
    check([])
    return refused
  }
  const problem = serviceProblem(crypto, claim)
  if (problem !== undefined) return refuse(claim, problem)
  if (claim.party === undefined || queue === undefined) {
    const key = claim.party === undefined ? claim.entry.ownKey?.(claim.command) : undefined
    return key === undefined || check([key]) ? claim : refused
  }
  const keys = claim.entry.keys(queue, claim.command)
  if (keys === 'unsigned') {
    if (!hasAuthorization) return { ...claim, queue }
    check([])
    return refused
  }
  return check(keys) ? { ...claim, queue } : refused
}

/** The command as far as what was found allows it. */
export const verifyFound = (
  crypto: CryptoProvider,
  claim: Claimed,
  lookup: Lookup = missing,
): Authorized | Refused | Faulty => {
  if (lookup.outcome === 'failed') return { ...claim, fault: lookup.cause }
  const queue = lookup.outcome === 'found' ? lookup.queue : undefined
  return verifyClaim(crypto, claim, queue)
}
