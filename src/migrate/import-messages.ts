/** Puts messages into their queues, in the form in which they are delivered. */
import { sealMessage } from '../crypto/message-box.ts'
import { idBytes } from '../protocol/ids.ts'
import type { StoredMessage } from '../store/store.ts'
import type { HeldQueue, Placed } from '../store/transfer.ts'
import { eachGroup, type Group } from './groups.ts'
import { type LoggedMessage, parseMessageLine } from './message-line.ts'
import type { Run, Step } from './run.ts'
import type { StateFile } from './state-files.ts'

/** 1 MB in one script, a moment of the server's time; 8 MB under way. */
const GROUP = { items: 64, bytes: 1_048_576 }
const UNDER_WAY_BYTES = 8 * 1_048_576
/** At least, for what goes to the store is padded. */
const MESSAGE_BYTES = 16_384

/** No age removes a marker. */
export const isExpired = (run: Run, { timestamp, content }: LoggedMessage): boolean =>
  content !== undefined && timestamp < run.nowSeconds - run.limits.messageTtlSeconds

/** Encrypted as when it is sent: the message id is the nonce (SMP, "Deliver queue message"). */
const storedMessage = (
  { crypto }: Run,
  { record }: HeldQueue,
  { messageId, timestamp, content }: LoggedMessage,
): StoredMessage => {
  if (content === undefined) return { kind: 'quota', messageId, timestamp }
  const key = { secret: record.dhSecret, messageId: idBytes(messageId) }
  const body = sealMessage(crypto, key, { tag: 'message', timestamp, ...content })
  return { kind: 'message', messageId, timestamp, body }
}

/** Without one they are problems. */
const queueOfMessages = async (
  { destination, leftOut, problems, files }: Run,
  { items }: Group<LoggedMessage>,
): Promise<HeldQueue | undefined> => {
  const [{ item }] = items
  const isLeftOut = leftOut.has(item.recipientId)
  const held = isLeftOut ? undefined : await destination.find(item.recipientId)
  if (held !== undefined) return held
  const reason = isLeftOut ? 'left out with its queue' : 'a message of no queue'
  for (const { line } of items) problems.add({ file: files.messages?.name ?? '', line, reason })
  return undefined
}

const countMessage = ({ tally }: Run, { content }: LoggedMessage): void => {
  tally.messages += 1
  if (content === undefined) tally.markers += 1
  else if (content.body.length === 0) tally.emptyBodies += 1
}

const importGroup = async (run: Run, group: Group<LoggedMessage>): Promise<void> => {
  const held = await queueOfMessages(run, group)
  if (held === undefined) return
  const messages: Placed<StoredMessage>[] = []
  for (const { line, item } of group.items) {
    if (isExpired(run, item)) run.tally.messagesExpired += 1
    else {
      countMessage(run, item)
      messages.push({ line, item: storedMessage(run, held, item) })
    }
  }
  if (messages.length === 0) return
  // others count while this waits
  const added = await held.addMessages(messages)
  run.tally.messagesAdded += added
}

export const messageReading = (file: StateFile, step: Step) => ({
  ...{ file, step, most: GROUP, underWay: UNDER_WAY_BYTES },
  parse: parseMessageLine,
  idOf: ({ recipientId }: LoggedMessage) => recipientId,
  weigh: ({ items }: Group<LoggedMessage>) => items.length * MESSAGE_BYTES,
})

export const importMessages = async (run: Run): Promise<void> => {
  const { messages: file } = run.files
  if (file === undefined) return
  await eachGroup(run, messageReading(file, 'messages'), (group) => importGroup(run, group))
}
