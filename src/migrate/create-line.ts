/** `CREATE`: a whole queue in one line, read and written (reference, StoreLog). */
import {
  idBytes,
  linkIdOf,
  notifierIdOf,
  recipientIdOf,
  type ServiceId,
  senderIdOf,
} from '../protocol/ids.ts'
import type { QueueMode } from '../protocol/reply.ts'
import type { Notifier, QueueStatus } from '../store/store.ts'
import type { WholeQueue } from '../store/transfer.ts'
import {
  blockingField,
  bytesField,
  idField,
  keyField,
  keysField,
  LineProblem,
  printBlocking,
  printBytes,
  printKey,
  printKeys,
  secondsField,
  secretField,
} from './fields.ts'
import { serviceField } from './services.ts'

/** A queue with what the store has no place for, or another one. */
export interface LoggedQueue {
  readonly queue: WholeQueue
  /** When it was last used, to the day. */
  readonly updatedAt?: number
  /** Of a messaging service, and of its notifier's. */
  readonly recipientService?: ServiceId
  readonly notifierService?: ServiceId
}

type Link = NonNullable<WholeQueue['link']>

/** How many words each field takes; all others are unknown. */
const fieldWords: ReadonlyMap<string, number> = new Map([
  ...['rid', 'rk', 'rdh', 'sid', 'sk', 'queue_mode', 'sndSecure', 'link_id', 'nsrv'].map(
    (name) => [name, 1] as const,
  ),
  ...['updated_at', 'status', 'rsrv'].map((name) => [name, 1] as const),
  ['queue_data', 2],
  ['notifier', 3],
])

type Fields = ReadonlyMap<string, readonly [string, ...string[]]>

/** `name=value`, some with more words after it; after the first in any order. */
const splitFields = (words: readonly string[]): Fields => {
  const fields = new Map<string, readonly [string, ...string[]]>()
  for (let at = 0; at < words.length; ) {
    const word = words[at] ?? ''
    const end = word.indexOf('=')
    const name = word.slice(0, Math.max(end, 0))
    const count = fieldWords.get(name)
    if (count === undefined) throw new LineProblem('a field that is not known')
    if (fields.has(name)) throw new LineProblem(`${name} twice`)
    const more = words.slice(at + 1, at + count)
    if (more.length < count - 1) throw new LineProblem(`${name} without all its parts`)
    fields.set(name, [word.slice(end + 1), ...more])
    at += count
  }
  return fields
}

const needed = (fields: Fields, name: string): string => {
  const [text] = fields.get(name) ?? []
  if (text === undefined) throw new LineProblem(`${name} is missing`)
  return text
}

const LINK_DATA_LENGTH = { min: 0, max: 65_535 }

/** `id fixed user` */
export const parseLink = ([id = '', fixed = '', user = '']: readonly string[]): Link => ({
  linkId: linkIdOf(idField('the link id', id)),
  fixed: bytesField('fixed link data', fixed, LINK_DATA_LENGTH),
  user: bytesField('user link data', user, LINK_DATA_LENGTH),
})

/** `id key secret` */
export const parseNotifier = ([id = '', key = '', secret = '']: readonly string[]): Notifier => ({
  notifierId: notifierIdOf(idField('the notifier id', id)),
  authKey: keyField("the notifier's key", key),
  dhSecret: secretField("the notifier's secret", secret),
})

const modes: ReadonlyMap<string, QueueMode> = new Map([
  ['queue_mode=M', 'messaging'],
  ['queue_mode=C', 'contact'],
  // as versions before 6.3 wrote it
  ['sndSecure=T', 'messaging'],
  ['sndSecure=F', 'contact'],
])

const modeOf = (fields: Fields): QueueMode | undefined => {
  for (const name of ['queue_mode', 'sndSecure']) {
    const [text] = fields.get(name) ?? []
    if (text === undefined) continue
    const mode = modes.get(`${name}=${text}`)
    if (mode === undefined) throw new LineProblem(`${name} is none that is known`)
    return mode
  }
  return undefined
}

const linkOf = (fields: Fields): Link | undefined => {
  const [id] = fields.get('link_id') ?? []
  const content = fields.get('queue_data')
  if ((id === undefined) !== (content === undefined))
    throw new LineProblem('link_id and queue_data without each other')
  return id === undefined || content === undefined ? undefined : parseLink([id, ...content])
}

const BLOCKED = 'blocked,'

const statusOf = ([text]: readonly string[]): QueueStatus => {
  if (text === undefined || text === 'active') return { state: 'active' }
  if (text === 'off') return { state: 'suspended' }
  if (!text.startsWith(BLOCKED)) throw new LineProblem('status is none that is known')
  return { state: 'blocked', blocking: blockingField(text.slice(BLOCKED.length)) }
}

const queueOf = (fields: Fields): WholeQueue => {
  const [senderKey = ''] = fields.get('sk') ?? []
  const mode = modeOf(fields)
  const link = linkOf(fields)
  const notifier = fields.get('notifier')
  return {
    recipientId: recipientIdOf(idField('rid', needed(fields, 'rid'))),
    senderId: senderIdOf(idField('sid', needed(fields, 'sid'))),
    recipientKeys: keysField('rk', needed(fields, 'rk')),
    dhSecret: secretField('rdh', needed(fields, 'rdh')),
    status: statusOf(fields.get('status') ?? []),
    ...(senderKey !== '' && { senderKey: keyField('sk', senderKey) }),
    ...(mode && { mode }),
    ...(link && { link }),
    ...(notifier && { notifier: parseNotifier(notifier) }),
  }
}

/** The words after `CREATE`. @throws LineProblem */
export const parseCreate = (words: readonly string[]): LoggedQueue => {
  if (!words[0]?.startsWith('rid=')) throw new LineProblem('rid is not the first field')
  const fields = splitFields(words)
  const [updatedAt] = fields.get('updated_at') ?? []
  const [recipientService] = fields.get('rsrv') ?? []
  const [notifierService] = fields.get('nsrv') ?? []
  if (notifierService !== undefined && !fields.has('notifier'))
    throw new LineProblem('nsrv without notifier')
  return {
    queue: queueOf(fields),
    ...(updatedAt !== undefined && { updatedAt: secondsField('updated_at', updatedAt) }),
    ...(recipientService !== undefined && { recipientService: serviceField(recipientService) }),
    ...(notifierService !== undefined && { notifierService: serviceField(notifierService) }),
  }
}

const printId = (id: string): string => printBytes(idBytes(id))

const printStatus = (status: QueueStatus): readonly string[] => {
  if (status.state === 'blocked') return [`status=${BLOCKED}${printBlocking(status.blocking)}`]
  return status.state === 'suspended' ? ['status=off'] : []
}

/** In the order in which the reference writes, and can read, the fields. */
export const printCreate = (queue: WholeQueue): string => {
  const { link, notifier, senderKey, mode } = queue
  const words = [
    `CREATE rid=${printId(queue.recipientId)}`,
    `rk=${printKeys(queue.recipientKeys)}`,
    `rdh=${printBytes(queue.dhSecret)}`,
    `sid=${printId(queue.senderId)}`,
    `sk=${senderKey === undefined ? '' : printKey(senderKey)}`,
    ...(mode === undefined ? [] : [`queue_mode=${mode === 'messaging' ? 'M' : 'C'}`]),
    ...(link === undefined
      ? []
      : [
          `link_id=${printId(link.linkId)}`,
          `queue_data=${printBytes(link.fixed)} ${printBytes(link.user)}`,
        ]),
  ]
  if (notifier !== undefined) {
    const { notifierId, authKey, dhSecret } = notifier
    words.push(`notifier=${printId(notifierId)} ${printKey(authKey)} ${printBytes(dhSecret)}`)
  }
  return [...words, ...printStatus(queue.status)].join(' ')
}
