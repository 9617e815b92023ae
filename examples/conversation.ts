/**
 * Two clients that talk over a relay:
 *
 *     npx node examples/conversation.ts smp://...@localhost
 */
import {
  acceptInvitation,
  type Conversation,
  createInvitation,
  openClient,
} from '../src/client/index.ts'

const [address] = process.argv.slice(2)
if (address === undefined) {
  console.error('usage: npx node examples/conversation.ts smp://FINGERPRINT@HOST[:PORT]')
  process.exit(2)
}

const inAlicesProgram = async (conversation: Conversation): Promise<void> => {
  await conversation.send('Hello Bob, can you read me?')
  for await (const text of conversation.messages) {
    console.log(`Bob:   ${text}`)
    await conversation.send('So nobody else can.')
    await conversation.leave()
    break
  }
}

const inBobsProgram = async (conversation: Conversation): Promise<void> => {
  for await (const text of conversation.messages) {
    console.log(`Alice: ${text}`)
    if (text.endsWith('?')) await conversation.send('Loud and clear.')
  }
  await conversation.leave()
}

await using alice = await openClient({ address })
await using bob = await openClient({ address })

const invitation = await createInvitation(alice)
console.log(`Alice gives Bob this link:\n${invitation.link}\n`)

const [alicesSide, bobsSide] = await Promise.all([
  invitation.accepted(),
  acceptInvitation(bob, invitation.link),
])
await Promise.all([inAlicesProgram(alicesSide), inBobsProgram(bobsSide)])
