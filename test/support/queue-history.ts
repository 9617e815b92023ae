/** A queue as a log that grows tells of it: made bare, then changed until it is as it is meant to be. */
import { printCreate } from '../../src/migrate/create-line.ts'
import { printBlocking, printBytes, printKey, printKeys } from '../../src/migrate/fields.ts'
import { idBytes } from '../../src/protocol/ids.ts'
import type { WholeQueue } from '../../src/store/transfer.ts'

const printId = (id: string): string => printBytes(idBytes(id))

const statusLines = (rid: string, { status }: WholeQueue): readonly string[] => {
  if (status.state === 'suspended') return [`BLOCK ${rid} reason=spam`, `SUSPEND ${rid}`]
  if (status.state === 'blocked') return [`BLOCK ${rid} ${printBlocking(status.blocking)}`]
  return [`BLOCK ${rid} reason=content`, `UNBLOCK ${rid}`]
}

const notifierLines = (rid: string, { notifier }: WholeQueue): readonly string[] => {
  const other = `NOTIFIER ${rid} ${'T'.repeat(32)} MCowBQYDK2VwAyEA${'A'.repeat(43)}= ${'A'.repeat(43)}=`
  if (notifier === undefined) return [other, `NDELETE ${rid}`]
  const { notifierId, authKey, dhSecret } = notifier
  return [
    other,
    `NOTIFIER ${rid} ${printId(notifierId)} ${printKey(authKey)} ${printBytes(dhSecret)}`,
  ]
}

const linkLines = (rid: string, { link }: WholeQueue): readonly string[] => {
  const other = [`LINK ${rid} ${'L'.repeat(32)} Zml4ZWQ= dXNlcg==`, `LDELETE ${rid}`]
  if (link === undefined) return other
  const { linkId, fixed, user } = link
  return [...other, `LINK ${rid} ${printId(linkId)} ${printBytes(fixed)} ${printBytes(user)}`]
}

/** Lines that have to stay in this order, with those of other queues between them. */
export const historyOf = (queue: WholeQueue): readonly string[] => {
  const { link: _, notifier: __, senderKey, ...bare } = queue
  const rid = printId(queue.recipientId)
  return [
    printCreate({ ...bare, status: { state: 'active' } }),
    `TIME ${rid} 1795305600`,
    ...notifierLines(rid, queue),
    `KEYS ${rid} ${printKeys(queue.recipientKeys)}`,
    ...linkLines(rid, queue),
    ...(senderKey === undefined ? [] : [`SECURE ${rid} ${printKey(senderKey)}`]),
    ...statusLines(rid, queue),
  ]
}

/** One line of each in turn. */
export const interleaved = (all: readonly (readonly string[])[]): readonly string[] => {
  const longest = Math.max(0, ...all.map(({ length }) => length))
  return Array.from({ length: longest }, (_, at) => all.flatMap((one) => one[at] ?? [])).flat()
}
