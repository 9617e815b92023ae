/** Messages that grow old (SMP, 8.7 and 14.1 rows 22 to 24). */
import { setTimeout as delay } from 'node:timers/promises'
import type { Check, Need } from '../check.ts'
import { GET, SUB } from '../commands.ts'
import { always, type Facts, queues } from '../facts.ts'
import type { Scene } from '../scene.ts'
import { sendAll } from './steps.ts'

/** A check waits no longer than this. */
const MOST_SECONDS = 120

const secondsOf = ({ told }: Facts): number => {
  const { messageTtlSeconds = Number.POSITIVE_INFINITY, expiryIntervalSeconds = 7200 } = told
  return messageTtlSeconds + expiryIntervalSeconds + 1
}

const soon: Need = (facts) => {
  if (facts.told.messageTtlSeconds === undefined)
    return 'messages expire after days: --message-ttl and --expiry-interval tell of a server where they do after seconds'
  const seconds = secondsOf(facts)
  return seconds <= MOST_SECONDS
    ? undefined
    : `it would take ${seconds} s, and more than ${MOST_SECONDS} are not waited for`
}

const grownOld = async (scene: Scene) => {
  const [recipient, sender] = await scene.pair()
  const queue = await scene.create(recipient)
  await sendAll(sender, queue, ['old'])
  await delay(1000 * secondsOf(scene.facts), undefined, { signal: scene.signal })
  return { recipient, sender, queue }
}

export const expiryChecks: readonly Check[] = [
  {
    id: 'SMP-E-001',
    title: 'an expired message is gone, and a new one is delivered',
    section: '14.1.22',
    needs: [queues, soon],
    async run(scene) {
      const { recipient, sender, queue } = await grownOld(scene)
      await sendAll(sender, queue, ['new'])
      await recipient.expect([queue.key, queue.rid, SUB], recipient.sok)
      await recipient.hear(queue.rid, 'MSG F "new"')
      await recipient.expect([queue.key, queue.rid, queue.ack('new')], 'OK')
    },
  },
  {
    id: 'SMP-E-002',
    title: 'an expired message is gone without anything being sent',
    section: '14.1.23',
    needs: [queues, soon],
    async run(scene) {
      const { recipient, queue } = await grownOld(scene)
      await recipient.expect([queue.key, queue.rid, GET], 'OK')
    },
  },
  {
    id: 'SMP-E-003',
    title: 'a message that is too old stays until the next look at it',
    section: '14.1.24',
    needs: [always('when the server looks next cannot be told from outside')],
    async run() {},
  },
]
