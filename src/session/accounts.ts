/** Counts what a session answers: by command and outcome, and how long the client waited. */
import type { Answer } from '../commands/spec.ts'
import type { DeliveredBy, SessionMeasures } from '../measures/session-measures.ts'
import type { Command } from '../protocol/command.ts'
import type { QueueRecord } from '../store/store.ts'
import type { Authorized, Claimed, Faulty, Refused } from './authorize.ts'
import type { Group } from './command-spans.ts'
import { UNANSWERED, UNREADABLE } from './outcomes.ts'

const outcomeOf = (answer: Answer | undefined): string => {
  if (answer === undefined) return UNANSWERED
  return answer.reply.tag === 'ERR' ? answer.reply.error.code.toLowerCase() : 'ok'
}

const deliverers: ReadonlyMap<string, DeliveredBy> = new Map([
  ['SUB', 'sub'],
  ['ACK', 'ack'],
  ['GET', 'get'],
])

export interface Answered extends Group {
  /** As they were verified, and what they are answered, in the order of the requests. */
  readonly claims: readonly (Authorized | Refused | Faulty)[]
  readonly answers: readonly (Answer | undefined)[]
}

/** What one session adds to the measures of all; without those it adds nothing. */
export class Accounts {
  readonly #measures: SessionMeasures | undefined

  constructor(measures: SessionMeasures | undefined) {
    this.#measures = measures
  }

  /** A block that has come; the time, as `performance.now` tells it. */
  received(): number {
    if (this.#measures !== undefined) this.#measures.blocksReceived += 1
    return performance.now()
  }

  /** What is in it; undefined where it cannot be opened or taken apart. */
  read(requests: readonly (Claimed | Refused)[] | undefined): void {
    const [first, ...others] = requests ?? []
    if (first === undefined) this.#measures?.commands.at(UNREADABLE).outcomes.add('block')
    else if (others.length > 0 && 'command' in first) this.#measures?.batches.add(first.command.tag)
  }

  begun(): void {
    if (this.#measures !== undefined) this.#measures.blocksInWork += 1
  }

  ended(): void {
    if (this.#measures !== undefined) this.#measures.blocksInWork -= 1
  }

  answered({ startedAt, requests, claims, answers, spans }: Answered): void {
    const measures = this.#measures
    spans?.end(answers.map(outcomeOf))
    if (measures === undefined) return
    const seconds = (performance.now() - startedAt) / 1000
    requests.forEach((request, index) => {
      const command = 'command' in request ? request.command : undefined
      const counts = measures.commands.at(command?.tag ?? UNREADABLE)
      const answer = answers[index]
      const outcome = outcomeOf(answer)
      counts.outcomes.add(outcome)
      counts.seconds.observe(seconds, spans?.traceId)
      if (outcome === 'ok' && command !== undefined)
        countDetails(measures, { command, answer, queue: queueOf(claims[index]) })
    })
  }
}

const queueOf = (claim: Authorized | Refused | Faulty | undefined): QueueRecord | undefined =>
  claim !== undefined && 'queue' in claim ? claim.queue : undefined

/** Whether it names the service of the session. */
const isOfService = (answer: Answer | undefined): boolean =>
  answer?.reply.tag === 'SOK' && answer.reply.serviceId !== undefined

interface Done {
  readonly command: Command
  readonly answer: Answer | undefined
  readonly queue: QueueRecord | undefined
}

/** What the outcome alone does not tell. */
const countDetails = (
  { details, deliveredBy, subscriptions }: SessionMeasures,
  { command, answer, queue }: Done,
): void => {
  if (command.tag === 'SEND' && command.notification) details.sentWithNotification += 1
  if (command.tag === 'NEW' && command.notifier !== undefined) details.newWithNotifier += 1
  if (command.tag === 'DEL' && queue?.senderKey !== undefined) details.deletedSecured += 1
  if (command.tag === 'NSUB' && queue?.notifier?.service !== undefined && !isOfService(answer))
    subscriptions.services.associationsRemoved += 1
  const by = deliverers.get(command.tag)
  if (by !== undefined && (answer?.event ?? answer?.reply)?.tag === 'MSG') deliveredBy.add(by)
}
