/**
 * What another relay forwards for its clients (RFWD): one command, read and run as from a session of
 * the client's version, its answer for the client's eyes only (SMP, "Proxying sender commands").
 */
import { type Answer, answer, type Outcome, type Request } from '../commands/spec.ts'
import {
  type Forwarded,
  type ForwardingKey,
  openCommandBlock,
  openForwarded,
  sealAnswerBlock,
  sealResponse,
} from '../crypto/forwarding.ts'
import type { CryptoProvider } from '../crypto/provider.ts'
import type { SessionLimits } from '../limits/session-limits.ts'
import { decodeBatch } from '../protocol/block.ts'
import { type Bytes, noBytes, ProtocolError } from '../protocol/bytes.ts'
import type { Command, Tag } from '../protocol/command.ts'
import type { SmpError } from '../protocol/error.ts'
import type { EntityId } from '../protocol/ids.ts'
import type { DhKey } from '../protocol/keys.ts'
import { errProhibited, errQuota, type Reply, refusal } from '../protocol/reply.ts'
import { writeReply } from '../protocol/reply-encoder.ts'
import { writeUnsignedHead } from '../protocol/transmission.ts'
import { Writer } from '../protocol/writer.ts'
import { StoreUnavailable } from '../store/store-error.ts'
import type { Tracing } from '../tracing/tracing.ts'
import type { Accounts } from './accounts.ts'
import type { Admission } from './admission.ts'
import {
  type Claimed,
  isRefused,
  type Refused,
  readClaim,
  type SessionBinding,
} from './authorize.ts'
import { groupOf, tracedIn } from './command-spans.ts'
import type { Executor } from './execute.ts'
import { Lanes } from './lanes.ts'

/** The commands of senders: nothing else is for those who do not want to be seen. */
const forwardable: ReadonlySet<Tag> = new Set<Tag>(['SEND', 'SKEY', 'LKEY', 'LGET'])

type Rfwd = Request<Command<'RFWD'>>

export interface ForwardedOptions {
  readonly crypto: CryptoProvider
  readonly binding: SessionBinding
  /** The key in the other relay's hello. */
  readonly clientKey: DhKey | undefined
  readonly admission: Admission
  readonly executor: Executor
  readonly accounts: Accounts
  /** Of the other relay's connection. */
  readonly limits: SessionLimits | undefined
  readonly tracing: Tracing | undefined
}

/** A command out of its envelopes, and what its answer is to be put into. */
interface Opened {
  readonly relayKey: ForwardingKey
  readonly commandKey: ForwardingKey
  readonly binding: SessionBinding
  readonly claim: Claimed | Refused
}

const error = (code: 'CRYPTO' | 'BLOCK'): SmpError => ({ code })
const noKey: SmpError = {
  code: 'PROXY',
  proxy: { code: 'BROKER', error: { code: 'TRANSPORT', transport: 'NO_AUTH' } },
}
const badSyntax: SmpError = { code: 'CMD', reason: 'SYNTAX' }
const unreadable: Refused = {
  correlationId: noBytes,
  entityId: '',
  refusal: refusal(error('BLOCK')),
}

export class ForwardedCommands {
  readonly #options: ForwardedOptions
  /** By the id that commands name: those of one sender keep their order from the first look-up on. */
  readonly #lanes = new Lanes<EntityId>()
  #secret: Bytes | undefined

  constructor(options: ForwardedOptions) {
    this.#options = options
  }

  async run(request: Rfwd): Promise<Outcome> {
    const opened = this.#open(request)
    if ('code' in opened) return answer(refusal(opened))
    const reply = await this.#replyTo(opened.claim)
    try {
      return answer({ tag: 'RRES', response: this.#seal(opened, reply) })
    } catch (cause) {
      if (!(cause instanceof RangeError)) throw cause
      return answer(refusal(error('BLOCK')))
    }
  }

  #open(request: Rfwd): Opened | SmpError {
    const { crypto } = this.#options
    const secret = this.#relaySecret()
    if (secret === undefined) return noKey
    const relayKey = { secret, correlationId: request.correlationId }
    try {
      const forwarded = openForwarded(crypto, relayKey, request.command.transmission)
      return forwarded ? this.#openCommand(relayKey, forwarded) : error('CRYPTO')
    } catch (cause) {
      if (cause instanceof ProtocolError) return badSyntax
      throw cause
    }
  }

  #openCommand(relayKey: ForwardingKey, forwarded: Forwarded): Opened | SmpError {
    const { crypto, binding: own } = this.#options
    const secret = own.sessionKey && crypto.x25519(own.sessionKey, forwarded.key.raw)
    if (secret === undefined) return error('CRYPTO')
    const commandKey = { secret, correlationId: forwarded.correlationId }
    const block = openCommandBlock(crypto, commandKey, forwarded.transmission)
    if (block === undefined) return error('CRYPTO')
    const { service: _, ...rest } = own
    const binding = { ...rest, version: forwarded.version }
    const claim = readOnly(block, binding)
    return claim === undefined ? error('BLOCK') : { relayKey, commandKey, binding, claim }
  }

  async #replyTo(claim: Claimed | Refused): Promise<Reply> {
    if (isRefused(claim)) return claim.refusal
    const answered = await this.#lanes.run(claim.entityId, () => this.#run(claim))
    // the client tries again when its relay has waited long enough; an ERR would be final
    if (answered[0] === undefined)
      throw new StoreUnavailable('not available to a forwarded command')
    return answered[0].reply
  }

  /** Over the limit the refusal is the sender's to read: another relay's ERR would be final to it. */
  async #run(claim: Claimed): Promise<readonly (Answer | undefined)[]> {
    const { limits, accounts } = this.#options
    const startedAt = performance.now()
    const requests = [claim]
    if (limits?.isPacing && claim.command.tag === 'SEND') {
      const ms = limits.reserve('SEND')
      if (ms > 0) await limits.wait(ms)
      if (!Number.isFinite(ms)) {
        const answers = [answer(errQuota)]
        accounts.answered({ startedAt, requests, claims: [], answers })
        return answers
      }
    }
    return this.#execute(requests, startedAt)
  }

  async #execute(
    requests: readonly Claimed[],
    startedAt: number,
  ): Promise<readonly (Answer | undefined)[]> {
    const { admission, executor, accounts, tracing } = this.#options
    const version = requests[0]?.binding.version ?? 0
    const group = groupOf({ requests, startedAt }, tracing, version)
    const { spans } = group
    const claims = await tracedIn(spans, () => admission.authorize(requests))
    const answers = await tracedIn(spans, () => executor.execute(claims, spans))
    accounts.answered({ ...group, claims, answers })
    return answers
  }

  #seal({ relayKey, commandKey, binding, claim }: Opened, reply: Reply): Bytes {
    const { crypto } = this.#options
    const writer = writeUnsignedHead(new Writer(), binding, claim)
    const transmission = writeReply(writer, reply, binding.version).bytes()
    const response = sealAnswerBlock(crypto, commandKey, transmission)
    return sealResponse(crypto, relayKey, { correlationId: commandKey.correlationId, response })
  }

  #relaySecret(): Bytes | undefined {
    const { crypto, binding, clientKey } = this.#options
    this.#secret ??=
      clientKey && binding.sessionKey && crypto.x25519(binding.sessionKey, clientKey.raw)
    return this.#secret
  }
}

/** Undefined for more than one; what cannot be read is the client's to know. */
const readOnly = (block: Bytes, binding: SessionBinding): Claimed | Refused | undefined => {
  let transmissions: readonly Bytes[]
  try {
    transmissions = decodeBatch(block)
  } catch (cause) {
    if (cause instanceof ProtocolError) return unreadable
    throw cause
  }
  const [bytes, ...others] = transmissions
  if (bytes === undefined || others.length > 0) return undefined
  const claim = readClaim(bytes, binding)
  if (isRefused(claim) || forwardable.has(claim.command.tag)) return claim
  const { correlationId, entityId } = claim
  return { correlationId, entityId, refusal: errProhibited }
}
