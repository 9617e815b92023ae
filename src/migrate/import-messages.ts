/** Puts messages into their queues, in the form in which they are delivered. */
import { sealMessage } from '../crypto/message-box.ts'
import { idBytes } from '../protocol/ids.ts'
import type { StoredMessage } from '../store/store.ts'
import type { HeldQueue, Placed } from '../store/transfer.ts'
import { type Group, readGroups } from './groups.ts'
import { Lanes } from './lanes.ts'
import { type LoggedMessage, parseMessageLine } from './message-line.ts'
import type { Run } from './run.ts'

/** 1 MB in one script, a moment of the server's time; 8 MB under way. */
export const MESSAGE_GROUP = { items: 64, bytes: 1_048_576 }
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

/** The queue that they belong to; without one they are problems. */
export const queueOfMessages = async (
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
  if (messages.length > 0) run.tally.messagesAdded += await held.addMessages(messages)
}

export const importMessages = async (run: Run): Promise<void> => {
  const { messages: file } = run.files
  if (file === undefined) return
  const lanes = new Lanes(UNDER_WAY_BYTES)
  const groups = readGroups(run, {
    ...{ file, step: 'messages', most: MESSAGE_GROUP },
    parse: parseMessageLine,
    idOf: ({ recipientId }) => recipientId,
  })
  for await (const group of groups) {
    const [{ item }] = group.items
    const weight = group.items.length * MESSAGE_BYTES
    await lanes.add(item.recipientId, weight, () => importGroup(run, group))
  }
  await lanes.drain()
}
