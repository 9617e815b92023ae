/** What an import or export says in the end, for people. */
import type { Imported } from './import.ts'
import { type Problems, problemText } from './problems.ts'
import type { StateFiles } from './state-files.ts'
import { queuesOf, type Tally } from './tally.ts'

const columns = (rows: readonly (readonly [string, ...string[]])[]): string =>
  rows.map(([name, ...rest]) => `  ${name.padEnd(30)}${rest.join('')}\n`).join('')

const row = (
  name: string,
  ...counts: readonly (number | undefined)[]
): readonly [string, ...string[]] => [
  name,
  ...counts.map((count) => (count === undefined ? '' : `${count}`.padStart(12))),
]

const kinds = [
  ...(['active', 'suspended', 'blocked', 'secured', 'links', 'notifiers'] as const).map(
    (kind) => [kind, kind] as const,
  ),
  ['of services', 'ofServices'],
] as const

const countRows = ({ tally, verified }: Imported) => [
  row('queues', queuesOf(tally.queues), verified && queuesOf(verified.queues)),
  ...kinds.map(([name, kind]) => row(`  ${name}`, tally.queues[kind], verified?.queues[kind])),
  row('messages', tally.messages, verified?.messages),
  row('  markers of full queues', tally.markers),
  row('notifications', tally.notifications, verified?.notifications),
  row('services', tally.services, verified?.services),
]

const unkept = (tally: Tally): readonly string[] => {
  const all: readonly (readonly [number, string])[] = [
    [tally.deleted, 'queues that the log deletes again'],
    [tally.messagesExpired, 'messages older than SLUICE_MESSAGE_TTL_SECONDS'],
    [tally.notificationsExpired, 'notifications older than SLUICE_NOTIFICATION_TTL_SECONDS'],
    [tally.dates, 'dates of last use, which this relay does not keep'],
  ]
  return all.flatMap(([count, text]) => (count === 0 ? [] : [`  ${text}: ${count}\n`]))
}

const again = ({ put, messages, messagesAdded }: Tally): string => {
  const before = put.same + put.changed
  if (before === 0 && messagesAdded === messages) return ''
  const changed =
    put.changed === 0 ? '' : `, ${put.changed} of them have changed since and stay as they are`
  return `There before: ${before} queues${changed}; ${messages - messagesAdded} messages\n`
}

export const importReport = (
  imported: Imported,
  { files, isDryRun }: { readonly files: StateFiles; readonly isDryRun: boolean },
): string => {
  const { tally, verified } = imported
  const notCarried = unkept(tally)
  const heading = verified === undefined ? [] : [['', '    in files', '  in cluster'] as const]
  return [
    isDryRun ? 'Would be imported:\n' : 'Imported:\n',
    columns([...heading, ...countRows(imported)]),
    again(tally),
    notCarried.length === 0 ? '' : `Not carried over:\n${notCarried.join('')}`,
    ...files.notes.map((note) => `Note: ${note}\n`),
  ].join('')
}

/** The first ones, and how many there are. */
export const problemsReport = (problems: Problems, report: string | undefined): string => {
  const { count, shown } = problems
  if (count === 0) return 'Problems: none\n'
  const more = count - shown.length
  const where = report === undefined ? '--report FILE lists all' : `all are in ${report}`
  return [
    `Problems: ${count}, left out; ${where}\n`,
    ...shown.map((problem) => `  ${problemText(problem)}\n`),
    more > 0 ? `  and ${more} more\n` : '',
  ].join('')
}

export const exportReport = (tally: Tally): string => {
  const empty =
    tally.emptyBodies === 0
      ? ''
      : `Note: ${tally.emptyBodies} messages have an empty body: smp-server 6.5.5 writes such lines and does not start
  with them; remove the lines that end with 'flags=F ' or 'flags=T ' where it does not
`
  const { ofServices } = tally.queues
  const services =
    ofServices === 0
      ? ''
      : `Note: ${ofServices} queues are of services, which are not written: they register and subscribe again
`
  return `Exported:\n${columns(countRows({ tally }))}${empty}${services}`
}
