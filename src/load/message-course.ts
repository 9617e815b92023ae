/** Mode `load`: messages sent, delivered and acknowledged. */
import { nativeCrypto as crypto } from '../crypto/native.ts'
import { pace, saturate } from './drive.ts'
import { MessageLoad } from './message-load.ts'
import { type Course, pause, type Stage } from './stage.ts'
import { Tally } from './tally.ts'

export const messageCourse = async (stage: Stage): Promise<Course> => {
  const { plan, target, signal, onMade } = stage
  const senders = Math.max(1, Math.floor(plan.connections / 2))
  const load = await MessageLoad.open(
    { senders: target, recipients: target },
    {
      senders,
      recipients: Math.max(1, plan.connections - senders),
      queues: plan.queues,
      body: crypto.randomBytes(plan.bodyBytes),
      password: plan.server.password,
      signal,
      onMade,
    },
  )
  const wait = (ms: number): Promise<void> => pause(ms, signal)
  return {
    tallies: [new Tally('messages')],
    warmsUp: true,
    async run(milliseconds, [tally]) {
      const drive = {
        lanes: load.lanes,
        milliseconds,
        signal,
        onDelivered: (ms: number) => tally?.record(ms),
        onLost: (error: unknown) => tally?.fail(error),
      }
      if (plan.rate === undefined) await saturate(drive)
      else await pace({ ...drive, perSecond: plan.rate, wait })
    },
    close: () => load[Symbol.asyncDispose](),
  }
}
