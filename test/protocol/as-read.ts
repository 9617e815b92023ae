/** What an older client reads where a server or client means more: the forms of section 6. */
import type { Command } from '../../src/protocol/command.ts'
import { END, OK, type Reply, refusal } from '../../src/protocol/reply.ts'
import type { Version } from '../../src/protocol/version.ts'

const idsAsRead = (ids: Reply<'IDS'>, version: Version): Reply => {
  const { recipientId, senderId, serverDhKey, mode, linkId, serviceId, notifier } = ids
  const basic = { tag: 'IDS', recipientId, senderId, serverDhKey } as const
  if (version < 9) return basic
  if (version < 15) return { ...basic, mode: mode ?? 'contact' }
  return {
    ...basic,
    ...(mode && { mode }),
    ...(linkId !== undefined && { linkId }),
    ...(version >= 16 && serviceId !== undefined && { serviceId }),
    ...(version >= 17 && notifier && { notifier }),
  }
}

export const replyAsRead = (reply: Reply, version: Version): Reply => {
  if (reply.tag === 'IDS') return idsAsRead(reply, version)
  if (reply.tag === 'SOK' && version < 16) return OK
  if (reply.tag === 'DELD' && version < 10) return END
  if (reply.tag !== 'ERR' || reply.error.code !== 'BLOCKED') return reply
  if (version < 12) return refusal({ code: 'AUTH' })
  const { reason } = reply.error.blocking
  return version < 18 ? refusal({ code: 'BLOCKED', blocking: { reason } }) : reply
}

export const commandAsRead = (command: Command, version: Version): Command => {
  if (command.tag !== 'NEW') return command
  const { request, notifier, ...basic } = command
  if (version < 9) return basic
  if (version < 15) return { ...basic, request: { mode: request?.mode ?? 'contact' } }
  return {
    ...basic,
    ...(request && { request }),
    ...(version >= 17 && notifier && { notifier }),
  }
}
