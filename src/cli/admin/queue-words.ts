/** What the admin API says of a queue, and the same for people. */
import { z } from 'zod'

const state = {
  state: z.enum(['active', 'suspended', 'blocked']),
  reason: z.exactOptional(z.enum(['spam', 'content'])),
  notice: z.exactOptional(z.object({ ttl: z.exactOptional(z.number()) })),
}

export const stateAnswer = z.object(state)

export const statusAnswer = z.object({
  ...state,
  mode: z.enum(['messaging', 'contact']).nullable(),
  secured: z.boolean(),
  link: z.boolean(),
  messages: z.number(),
  subscribed: z.boolean(),
  notifier: z.object({ subscribed: z.boolean() }).nullable(),
})

export const deletedAnswer = z.object({ deleted: z.literal(true), messages: z.number() })

type State = z.output<typeof stateAnswer>
type Status = z.output<typeof statusAnswer>

const yesOrNo = (is: boolean): string => (is ? 'yes' : 'no')

export const messagesText = (count: number): string =>
  `${count} ${count === 1 ? 'message' : 'messages'}`

export const stateText = ({ state: word, reason, notice }: State): string => {
  if (reason === undefined) return word
  if (notice === undefined) return `${word} (${reason})`
  const end = notice.ttl === undefined ? 'without end' : `for ${notice.ttl} seconds`
  return `${word} (${reason}, notice ${end})`
}

const notifierText = (notifier: Status['notifier']): string => {
  if (notifier === null) return 'none'
  return notifier.subscribed ? 'subscribed' : 'not subscribed'
}

export const line = (label: string, text: string): string => `${label.padEnd(14)}${text}\n`

export const statusText = (status: Status): string =>
  [
    line('State', stateText(status)),
    line('Mode', status.mode ?? 'none'),
    line('Secured', yesOrNo(status.secured)),
    line('Link data', yesOrNo(status.link)),
    line('Messages', `${status.messages}`),
    line('Subscribed', yesOrNo(status.subscribed)),
    line('Notifier', notifierText(status.notifier)),
  ].join('')
