/**
 * From the transmissions of a block to commands in form, with the queues that they are about (SMP,
 * "Verification of transmissions", in the order of the reference's checks; verify.ts goes on).
 */
import { entryOf } from '../commands/index.ts'
import type { Credentials, QueueCommand, ServerCommand } from '../commands/spec.ts'
import { credentialAlgorithm } from '../crypto/authenticator.ts'
import type { PrivateKey } from '../crypto/provider.ts'
import type { RememberedSecrets } from '../crypto/remembered-secrets.ts'
import { type Bytes, noBytes, ProtocolError } from '../protocol/bytes.ts'
import type { Command } from '../protocol/command.ts'
import { decodeCommand, UnknownCommand } from '../protocol/command-decoder.ts'
import type { CommandReason, SmpError } from '../protocol/error.ts'
import { type EntityId, noEntity } from '../protocol/ids.ts'
import { type Reply, refusal } from '../protocol/reply.ts'
import { decodeTransmission, hasSessionId, type Transmission } from '../protocol/transmission.ts'
import type { Lookup, QueueParty, QueueRecord, QueueStore } from '../store/store.ts'
import type { SessionService } from './service-hello.ts'

/** The parts of a session that credentials are bound to. */
export interface SessionBinding {
  readonly version: number
  readonly sessionId: Bytes
  /** `SS(sessionId)`. */
  readonly authorizedPrefix: Bytes
  readonly sessionKey: PrivateKey<'X25519'> | undefined
  /** What that key and queues' keys agree on. */
  readonly secrets?: RememberedSecrets
  /** Of a service's session; what it forwards for others is of none. */
  readonly service?: SessionService
}

interface Addressed {
  readonly correlationId: Bytes
  readonly entityId: EntityId
}

export interface Refused extends Addressed {
  readonly refusal: Reply
}

/** What was wanted of the store failed: nobody knows whether the command may run. */
export interface Faulty extends Addressed {
  readonly command: Command
  readonly fault: unknown
}

/** A command in form, not yet verified. */
export type Claimed = Addressed & {
  readonly command: Command
  readonly transmission: Transmission
  /** The session that it is from: forwarded commands have a version of their own. */
  readonly binding: SessionBinding
} & (
    | { readonly entry: ServerCommand<Command>; readonly party?: undefined }
    | { readonly entry: QueueCommand<Command>; readonly party: QueueParty }
  )

export type Authorized = Claimed & { readonly queue?: QueueRecord }

export const isRefused = <T extends Addressed>(claim: T | Refused): claim is Refused =>
  'refusal' in claim

export const isFaulty = <T extends Addressed>(claim: T | Faulty): claim is Faulty =>
  'fault' in claim

const badBlock: SmpError = { code: 'BLOCK' }

export const refuse = (addressed: Partial<Addressed>, error: SmpError): Refused => ({
  correlationId: addressed.correlationId ?? noBytes,
  entityId: addressed.entityId ?? noEntity,
  refusal: refusal(error),
})

/** What the credentials of a transmission lack or have too much of. */
const credentialProblem = (
  credentials: Credentials,
  hasAuthorization: boolean,
  hasEntity: boolean,
): CommandReason | undefined => {
  switch (credentials) {
    case 'both':
      return hasAuthorization && hasEntity ? undefined : 'NO_AUTH'
    case 'only-authorization':
      if (!hasAuthorization) return 'NO_AUTH'
      return hasEntity ? 'HAS_AUTH' : undefined
    case 'only-entity':
      if (!hasEntity) return 'NO_ENTITY'
      return hasAuthorization ? 'HAS_AUTH' : undefined
    case 'entity':
      return hasEntity ? undefined : 'NO_ENTITY'
    case 'none':
      return hasAuthorization || hasEntity ? 'HAS_AUTH' : undefined
  }
}

const claimOf = (transmission: Transmission, binding: SessionBinding): Claimed | Refused => {
  const { authorization, correlationId, entityId } = transmission
  if (!hasSessionId(transmission, binding)) return refuse({ correlationId }, { code: 'SESSION' })
  if (authorization.length > 0 && credentialAlgorithm(authorization) === undefined)
    return refuse({ correlationId }, badBlock)
  const command = decodeCommand(transmission.command, binding.version)
  const entry = entryOf(command)
  const reason = credentialProblem(entry.credentials, authorization.length > 0, entityId !== '')
  if (reason !== undefined) return refuse(transmission, { code: 'CMD', reason })
  const claimed = { correlationId, entityId, command, transmission, binding }
  return entry.party === undefined
    ? { ...claimed, entry }
    : { ...claimed, entry, party: entry.party }
}

/** Judges one transmission by its bytes alone. */
export const readClaim = (bytes: Bytes, binding: SessionBinding): Claimed | Refused => {
  let transmission: Transmission | undefined
  try {
    transmission = decodeTransmission(bytes, binding.version)
    return claimOf(transmission, binding)
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    if (transmission === undefined) return refuse({}, badBlock)
    const reason = error instanceof UnknownCommand ? 'UNKNOWN' : 'SYNTAX'
    return refuse(transmission, { code: 'CMD', reason })
  }
}

/** The queue of each claim, with one load for each kind of id; `fresh` ones are as stored. */
export const loadQueues = async (
  store: QueueStore,
  claims: readonly Claimed[],
  options: { readonly fresh?: boolean } = {},
): Promise<ReadonlyMap<Claimed, Lookup>> => {
  const byParty = new Map<QueueParty, Claimed[]>()
  for (const claim of claims) {
    if (claim.party === undefined) continue
    const group = byParty.get(claim.party)
    if (group === undefined) byParty.set(claim.party, [claim])
    else group.push(claim)
  }
  const queues = new Map<Claimed, Lookup>()
  const loads = [...byParty].map(async ([party, group]) => {
    const ids = group.map(({ entityId }) => entityId)
    const lookups = await store.loadQueues(party, ids, options)
    group.forEach((claim, index) => {
      queues.set(claim, lookups[index] ?? missing)
    })
  })
  await Promise.all(loads)
  return queues
}

export const missing: Lookup = { outcome: 'missing' }
