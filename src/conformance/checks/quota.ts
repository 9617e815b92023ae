/** Full queues (SMP, 14.1 row 12 and 8.2). */
import { type Check, expectSame, Mismatch, NotApplicable } from '../check.ts'
import { SEND } from '../commands.ts'
import { queues } from '../facts.ts'
import type { Heard, Line } from '../line.ts'
import type { Peer } from '../peer.ts'
import type { CheckedQueue } from '../queue.ts'
import type { Scene } from '../scene.ts'
import { type Secured, secured } from './steps.ts'

/** Without being told, no more are sent than this. */
const MOST = 512
const IN_BLOCK = 32

const body = (index: number): string => `message ${index}`

/** Sends until the queue is full, many in a block; how many were taken. */
const fill = async (scene: Scene, sender: Peer, { queue, senderKey }: Secured): Promise<number> => {
  const { quota } = scene.facts.told
  const most = quota ?? MOST
  let taken = 0
  for (let sent = 0; sent < most; ) {
    const lines = Array.from(
      { length: Math.min(IN_BLOCK, most - sent) },
      (_, i): Line => [senderKey, queue.sid, SEND(body(sent + i))],
    )
    sent += lines.length
    const answers = await sender.askAll(lines)
    for (const answer of answers) judge(answer)
    taken += answers.filter(({ text }) => text === 'OK').length
    if (taken < sent) break
  }
  if (quota !== undefined) expectSame('messages taken', taken, quota)
  else if (taken === MOST) throw new NotApplicable(`no quota up to ${MOST} messages: --quota`)
  return taken
}

const judge = ({ text }: Heard): void => {
  if (text !== 'OK' && text !== 'ERR QUOTA')
    throw new Mismatch('OK, or ERR QUOTA, in answer to SEND', text)
}

/** Acknowledges all but the marker, whatever order the messages of one block have; the next text. */
const drain = async (recipient: Peer, queue: CheckedQueue, count: number): Promise<string> => {
  let { text } = await recipient.event(queue.rid, 'a message')
  for (let left = count; left > 0; left--) {
    const delivered = /^MSG F "(message \d+)"$/.exec(text)?.[1]
    if (delivered === undefined) throw new Mismatch(`a message, of which ${left} are left`, text)
    text = (await recipient.ask([queue.key, queue.rid, queue.ack(delivered)])).text
  }
  return text
}

const full = async (scene: Scene) => {
  const [recipient, sender] = await scene.pair()
  const made = await secured(scene, recipient, { subscribe: true })
  const taken = await fill(scene, sender, made)
  scene.note(`a queue takes ${taken} messages`)
  const line: Line = [made.senderKey, made.queue.sid, SEND('one more')]
  await sender.expect(line, 'ERR QUOTA')
  return { recipient, sender, ...made, taken, line }
}

export const quotaChecks: readonly Check[] = [
  {
    id: 'SMP-D-031',
    title: 'a full queue refuses SEND with QUOTA, also after one message is acknowledged',
    section: '14.1.12',
    needs: [queues],
    async run(scene) {
      const { recipient, sender, queue, taken, line } = await full(scene)
      await sender.expect(line, 'ERR QUOTA')
      if (taken < 2) return
      const text = await drain(recipient, queue, 1)
      expectSame('the next message', text.startsWith('MSG F "message '), true)
      await sender.expect(line, 'ERR QUOTA')
    },
  },
  {
    id: 'SMP-D-032',
    title: 'after its messages a queue that was full gives a marker, and takes messages again',
    section: '14.1.12',
    needs: [queues],
    async run(scene) {
      const { recipient, sender, queue, taken, line } = await full(scene)
      expectSame('after the last message', await drain(recipient, queue, taken), 'MSG quota')
      await sender.expect(line, 'ERR QUOTA')
      await recipient.expect([queue.key, queue.rid, queue.ack('quota')], 'OK')
      await sender.expect(line, 'OK')
      await recipient.hear(queue.rid, 'MSG F "one more"')
      await recipient.expect([queue.key, queue.rid, queue.ack('one more')], 'OK')
    },
  },
]
