/** What clients that asked for much at once were answered, and what the relay held for them: I8. */
import type { Violation } from './auditor.ts'
import type { Recorded } from './history.ts'

type Asked = Extract<Recorded, { readonly type: 'ask' }>

/**
 * Above 256 KiB nothing is read. Then answers for another 256 KiB may be in work, a block in hand,
 * and eight heads of queues that are about to be pushed (ARCHITECTURE.md).
 */
const MOST_BUFFERED_BYTES = 2 * 256 * 1024 + (1 + 8) * 16_384

const expectedOf = ({ asked, queue }: Asked): string =>
  asked === 'PING' ? 'PONG' : archivedIn(queue)

/** The message of an archive. */
export const archivedIn = (queue: number): string => `${queue}/archived`

const nameOf = ({ asked, command, connection }: Asked): string =>
  `command ${command} (${asked}) of connection ${connection}`

class Answers {
  /** Not answered yet. */
  readonly open = new Map<number, Asked>()
  /** The last one that was answered of those that keep their order. */
  readonly #latest = new Map<string, Asked>()

  /** Commands on one queue are answered in their order, and so are PINGs. */
  answered(
    event: Extract<Recorded, { readonly type: 'answer' }>,
  ): readonly Omit<Violation, 'queue'>[] {
    const asked = this.open.get(event.command)
    if (asked === undefined) return []
    this.open.delete(event.command)
    const lane = `${asked.connection} ${asked.queue}`
    const latest = this.#latest.get(lane)
    this.#latest.set(lane, asked)
    const expected = expectedOf(asked)
    const name = nameOf(asked)
    if (event.answer !== expected)
      return [{ kind: 'wrong answer', text: `${name} was answered with ${event.answer}` }]
    if (latest === undefined || latest.command < asked.command) return []
    return [{ kind: 'answer order', text: `${name} was answered after ${nameOf(latest)}` }]
  }
}

export const checkAnswers = (events: readonly Recorded[]): readonly Violation[] => {
  const answers = new Answers()
  return events.flatMap((event): readonly Violation[] => {
    switch (event.type) {
      case 'ask':
        answers.open.set(event.command, event)
        return []
      case 'answer': {
        const queue = answers.open.get(event.command)?.queue ?? -1
        return answers.answered(event).map((violation) => ({ ...violation, queue }))
      }
      case 'answer-lost':
        answers.open.delete(event.command)
        return []
      case 'settled':
        return [...answers.open.values()].map((asked) => ({
          ...{ kind: 'unanswered', queue: asked.queue, text: `${nameOf(asked)} had no answer` },
        }))
      case 'buffered': {
        const { bytes } = event
        if (bytes <= MOST_BUFFERED_BYTES) return []
        const text = `a pod held ${bytes} bytes for one connection, more than ${MOST_BUFFERED_BYTES}`
        return [{ kind: 'overfull', queue: -1, text }]
      }
      default:
        return []
    }
  })
}
