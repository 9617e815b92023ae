/** Two clients that talk through one server, step by step. */
import type { SmpClient } from '../client/client.ts'
import { acceptInvitation, type Conversation, createInvitation } from '../client/conversation.ts'
import { SmpRefusal } from '../client/errors.ts'
import { openClient } from '../client/open-client.ts'
import type { ServerAddress } from '../protocol/address.ts'
import { msText } from './words.ts'

export interface TalkOptions {
  readonly server: ServerAddress
  /** Ends the talk, which then fails. */
  readonly signal: AbortSignal
  /** Prints a step at once: a headline, and lines that belong to it. */
  readonly show: (headline: string, ...details: readonly string[]) => void
}

interface Pair<T> {
  readonly alice: T
  readonly bob: T
}

const timed = async <T>(
  work: Promise<T>,
): Promise<{ readonly value: T; readonly took: string }> => {
  const startedAt = performance.now()
  const value = await work
  return { value, took: msText(performance.now() - startedAt) }
}

const nextText = async (conversation: Conversation): Promise<string | undefined> => {
  for await (const text of conversation.messages) return text
  return undefined
}

const introduce = async (
  { alice, bob }: Pair<SmpClient>,
  show: TalkOptions['show'],
): Promise<Pair<Conversation>> => {
  const { value: invitation, took } = await timed(createInvitation(alice))
  show(`Alice makes a queue (${took}) and gives Bob its link`, invitation.link)
  try {
    const both = Promise.all([invitation.accepted(), acceptInvitation(bob, invitation.link)])
    const { value, took: introduced } = await timed(both)
    show(
      `Bob takes the link and answers with a queue of his own (${introduced})`,
      'each has secured the queue of the other: nobody else can send to it',
      'keys are agreed: the server cannot read what they write',
    )
    return { alice: value[0], bob: value[1] }
  } catch (error) {
    await invitation.cancel().catch(() => undefined)
    throw error
  }
}

const say = async (from: Conversation, to: Conversation, text: string): Promise<string> => {
  const [, received] = await Promise.all([from.send(text), nextText(to)])
  if (received !== text) throw new Error('another text came out than went in')
  return received
}

const exchange = async (
  { alice, bob }: Pair<Conversation>,
  show: TalkOptions['show'],
): Promise<void> => {
  const there = await timed(say(alice, bob, 'Hello Bob! Only you can read this.'))
  show(`Alice to Bob, delivered and decrypted (${there.took})`, `"${there.value}"`)
  const back = await timed(say(bob, alice, 'Hello Alice! Loud and clear.'))
  show(`Bob to Alice, delivered and decrypted (${back.took})`, `"${back.value}"`)
}

const part = async (
  { alice, bob }: Pair<Conversation>,
  show: TalkOptions['show'],
): Promise<void> => {
  await alice.leave()
  await nextText(bob)
  await bob.leave().catch((error: unknown) => {
    // the queue to say goodbye to is gone already
    if (!(error instanceof SmpRefusal)) throw error
  })
  show('Both leave, and their queues are deleted')
}

/** @throws what the client throws; `ConnectionClosed` when the signal was aborted on the way */
export const talk = async ({ server, signal, show }: TalkOptions): Promise<void> => {
  const connecting = performance.now()
  await using alice = await openClient({ address: server, signal })
  await using bob = await openClient({ address: server, signal })
  const close = (): void => {
    alice.close()
    bob.close()
  }
  signal.addEventListener('abort', close, { once: true })
  const { version } = await alice.connection()
  const took = msText(performance.now() - connecting)
  show(`Alice and Bob connect, each over TLS of its own, with SMP version ${version} (${took})`)
  const conversations = await introduce({ alice, bob }, show)
  await exchange(conversations, show)
  await part(conversations, show)
}
