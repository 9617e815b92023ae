/** PRXY, PFWD and RFWD: private message routing (SMP, "Proxying sender commands"). */
import { utf8Bytes } from '../protocol/bytes.ts'
import type { Command } from '../protocol/command.ts'
import { refusal } from '../protocol/reply.ts'
import { answer, type Context, type ServerCommand } from './spec.ts'

const errNotAllowed = refusal({ code: 'PROXY', proxy: { code: 'BASIC_AUTH' } })
const errNoSession = refusal({ code: 'PROXY', proxy: { code: 'NO_SESSION' } })

/** The password for new queues is the one for forwarding too, as in the reference. */
const isAllowed = ({ policy, crypto }: Context, { password }: Command<'PRXY'>): boolean =>
  policy.createPassword === undefined ||
  crypto.equal(utf8Bytes(password ?? ''), utf8Bytes(policy.createPassword))

export const PRXY: ServerCommand<Command<'PRXY'>> = {
  credentials: 'none',
  role: 'messaging',
  apart: 'remote',
  async run(context, { command }) {
    const { proxy } = context
    if (proxy === undefined || !isAllowed(context, command)) return answer(errNotAllowed)
    return answer(await proxy.open(command.server))
  },
}

/** Whoever has a session's id may use it: the password was asked for by PRXY. */
export const PFWD: ServerCommand<Command<'PFWD'>> = {
  credentials: 'only-entity',
  role: 'messaging',
  apart: 'remote',
  async run({ proxy }, { command, entityId, correlationId }) {
    if (proxy === undefined) return answer(errNoSession)
    return answer(await proxy.forward(entityId, { ...command, correlationId }))
  },
}

/** From any connection but other services', as in the reference: not only from relays. */
export const RFWD: ServerCommand<Command<'RFWD'>> = {
  credentials: 'none',
  role: 'proxy',
  apart: 'own',
  run: ({ runForwarded }, request) => runForwarded(request),
}
