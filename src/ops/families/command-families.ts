/** Commands and deliveries. */
import { counter, type Family, histogram, observed, samplesOf } from '../family.ts'

export const commandFamilies: readonly Family[] = [
  counter(
    [
      'sluice_commands_total',
      'Commands by outcome: ok, the code of the error in small letters, or unanswered (the connection is closed for a fault of the store). What is no command is unreadable. A forwarded command counts as itself too.',
    ],
    ['command', 'outcome'],
    ({ measures: { session } }) =>
      [...session.commands].flatMap(([command, { outcomes }]) =>
        [...outcomes].map(([outcome, count]) => [[command, outcome], count] as const),
      ),
  ),
  histogram(
    [
      'sluice_command_duration_seconds',
      'Time from the block that brought a command to the answer; what waits for another relay included.',
    ],
    ['command'],
    ({ measures: { session } }) =>
      observed([...session.commands].map(([command, { seconds }]) => [command, seconds])),
  ),
  counter(
    [
      'sluice_stale_records_total',
      'Commands that were verified and run again because their queue had changed.',
    ],
    [],
    ({ measures: { session } }) => session.staleRecords,
  ),
  counter(
    [
      'sluice_messages_delivered_total',
      'Messages sent to recipients: pushed, or with the answer to SUB, ACK or GET. A message that is delivered again counts again.',
    ],
    ['by'],
    ({ measures: { session } }) => samplesOf(session.deliveredBy),
  ),
  histogram(
    [
      'sluice_delivery_latency_seconds',
      'Time from taking a message in to pushing it to a subscriber with nothing else to acknowledge: sent on this pod (local) or another (remote, by the clocks of both).',
    ],
    ['path'],
    ({ measures: { session } }) =>
      Object.entries(session.deliverySeconds).map(([path, seconds]) => [[path], seconds]),
  ),
]
