/** One line of smp-server-store.log: a queue, or a change of one (reference, StoreLog). */
import type { Blocking } from '../protocol/error.ts'
import { type RecipientId, recipientIdOf, type ServiceId } from '../protocol/ids.ts'
import type { AuthKey } from '../protocol/keys.ts'
import type { Notifier } from '../store/store.ts'
import type { WholeQueue } from '../store/transfer.ts'
import { type LoggedQueue, parseCreate, parseLink, parseNotifier } from './create-line.ts'
import { blockingField, idField, keyField, keysField, LineProblem, secondsField } from './fields.ts'
import { type LoggedService, parseService, serviceField } from './services.ts'

const plainTags = ['LDELETE', 'SUSPEND', 'UNBLOCK', 'DELETE', 'NDELETE'] as const

export type QueueChange =
  | { readonly tag: 'CREATE'; readonly logged: LoggedQueue }
  | { readonly tag: 'LINK'; readonly link: NonNullable<WholeQueue['link']> }
  | { readonly tag: 'SECURE'; readonly key: AuthKey }
  | { readonly tag: 'KEYS'; readonly keys: readonly AuthKey[] }
  | { readonly tag: 'NOTIFIER'; readonly notifier: Notifier; readonly notifierService?: ServiceId }
  | { readonly tag: 'BLOCK'; readonly blocking: Blocking }
  | { readonly tag: 'TIME'; readonly updatedAt: number }
  | {
      readonly tag: 'QUEUE_SERVICE'
      readonly party: 'recipient' | 'notifier'
      readonly serviceId?: ServiceId
    }
  | { readonly tag: (typeof plainTags)[number] }

export type QueueLine =
  | { readonly recipientId: RecipientId; readonly change: QueueChange }
  | { readonly service: LoggedService }

const NOTIFIER_SERVICE = 'nsrv='

const readNotifier = (words: readonly string[]): QueueChange => {
  const notifier = parseNotifier(words)
  const [, , , service] = words
  if (service === undefined) return { tag: 'NOTIFIER', notifier }
  if (!service.startsWith(NOTIFIER_SERVICE)) throw new LineProblem('a field that is not known')
  const notifierService = serviceField(service.slice(NOTIFIER_SERVICE.length))
  return { tag: 'NOTIFIER', notifier, notifierService }
}

const readService = ([letter, id = '']: readonly string[]): QueueChange => {
  const party = letter === 'R' ? 'recipient' : letter === 'N' ? 'notifier' : undefined
  if (party === undefined) throw new LineProblem('neither a recipient nor a notifier')
  return { tag: 'QUEUE_SERVICE', party, ...(id !== '' && { serviceId: serviceField(id) }) }
}

interface Form {
  readonly tag: string
  /** Words after the recipient id. */
  readonly least: number
  readonly most: number
  readonly read: (words: readonly string[]) => QueueChange
}

const forms: readonly Form[] = [
  { tag: 'LINK', least: 3, most: 3, read: (words) => ({ tag: 'LINK', link: parseLink(words) }) },
  {
    ...{ tag: 'SECURE', least: 1, most: 1 },
    read: ([key = '']) => ({ tag: 'SECURE', key: keyField('the key', key) }),
  },
  {
    ...{ tag: 'KEYS', least: 1, most: 1 },
    read: ([keys = '']) => ({ tag: 'KEYS', keys: keysField('a key', keys) }),
  },
  { tag: 'NOTIFIER', least: 3, most: 4, read: readNotifier },
  {
    ...{ tag: 'BLOCK', least: 1, most: 1 },
    read: ([blocking = '']) => ({ tag: 'BLOCK', blocking: blockingField(blocking) }),
  },
  {
    ...{ tag: 'TIME', least: 1, most: 1 },
    read: ([time = '']) => ({ tag: 'TIME', updatedAt: secondsField('the time', time) }),
  },
  { tag: 'QUEUE_SERVICE', least: 1, most: 2, read: readService },
  ...plainTags.map((tag): Form => ({ tag, least: 0, most: 0, read: () => ({ tag }) })),
]
const formOf: ReadonlyMap<string, Form> = new Map(forms.map((form) => [form.tag, form]))

/** @throws LineProblem */
export const parseQueueLine = (text: string): QueueLine => {
  const [tag = '', ...words] = text.split(' ')
  if (tag === 'CREATE') {
    const logged = parseCreate(words)
    return { recipientId: logged.queue.recipientId, change: { tag, logged } }
  }
  if (tag === 'NEW_SERVICE') return { service: parseService(text.slice(tag.length + 1)) }
  const form = formOf.get(tag)
  if (form === undefined) throw new LineProblem('not a record of a known kind')
  const [id = '', ...rest] = words
  const recipientId = recipientIdOf(idField('the recipient id', id))
  if (rest.length < form.least || rest.length > form.most)
    throw new LineProblem(`${tag} with ${rest.length} fields after the id`)
  return { recipientId, change: form.read(rest) }
}

const LONGEST_START = 400
const startForm = /^(?!NEW_SERVICE )[A-Z_]+ (?:rid=)?([A-Za-z0-9_-]+)/d

/**
 * The recipient id as it stands in a line, without its padding, for telling the lines of queues
 * apart before they are read; undefined for lines of no queue, readable or not.
 */
export const queueOfLine = (line: Buffer): string | undefined => {
  const [, place] = startForm.exec(line.toString('latin1', 0, LONGEST_START))?.indices ?? []
  // a text of its own: as a part of the other it would keep all of that
  return place && line.toString('latin1', ...place)
}
