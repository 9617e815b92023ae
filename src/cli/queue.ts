import { parseArgs } from 'node:util'
import { quote } from '../config/problem.ts'
import { AdminClient, aboutAdmin, adminOptions } from './admin/admin-client.ts'
import { isPlainId, type QueueName, queueArgument } from './admin/queue-argument.ts'
import {
  deletedAnswer,
  messagesText,
  stateAnswer,
  stateText,
  statusAnswer,
  statusText,
} from './admin/queue-words.ts'
import { numberOption } from './arguments.ts'
import { type Command, Failure, Misuse } from './command.ts'
import type { Io } from './io.ts'

const options = {
  reason: { type: 'string', value: 'REASON', help: 'for block: spam or content' },
  notice: {
    type: 'string',
    value: 'SECONDS',
    help: 'for block: clients make no new addresses here so long, or forever',
  },
  yes: { type: 'boolean', short: 'y', help: 'for delete: do not ask' },
  ...adminOptions,
} as const

const TEN_YEARS_SECONDS = 3650 * 86_400

interface Values {
  readonly reason?: string
  readonly notice?: string
  readonly yes?: boolean
  readonly json?: boolean
  readonly admin?: string
}

interface Task {
  readonly client: AdminClient
  readonly queue: QueueName
  readonly values: Values
  readonly io: Io
}

const print = ({ io, values }: Task, answer: object, text: string): void => {
  io.stdout.write(values.json ? `${JSON.stringify(answer)}\n` : text)
}

const statusOf = ({ client, queue }: Task) =>
  client.ask({ path: '/v1/queues/status', body: queue }, statusAnswer)

const status = async (task: Task): Promise<void> => {
  const answer = await statusOf(task)
  print(task, answer, statusText(answer))
}

const noticeOf = (text: string): { readonly ttl?: number } => {
  if (text === 'forever') return {}
  return {
    ttl: numberOption('--notice', text, { min: 1, max: TEN_YEARS_SECONDS, unit: 'seconds' }),
  }
}

const blockingOf = ({ reason, notice }: Values): object => {
  if (reason !== 'spam' && reason !== 'content')
    throw new Misuse('a block needs --reason spam or --reason content')
  return { reason, ...(notice !== undefined && { notice: noticeOf(notice) }) }
}

const block = async (task: Task): Promise<void> => {
  const body = { ...task.queue, ...blockingOf(task.values) }
  const answer = await task.client.ask({ path: '/v1/queues/block', body }, stateAnswer)
  print(task, answer, `The queue is ${stateText(answer)}\n`)
}

const unblock = async (task: Task): Promise<void> => {
  const request = { path: '/v1/queues/unblock', body: task.queue }
  const answer = await task.client.ask(request, stateAnswer)
  print(task, answer, `The queue is ${stateText(answer)}\n`)
}

const confirm = async (task: Task): Promise<void> => {
  const { ask } = task.io
  if (ask === undefined) throw new Misuse('nobody can be asked here: give --yes to delete')
  const { messages, subscribed } = await statusOf(task)
  const what = `a queue ${subscribed ? 'that is subscribed to' : 'without subscriber'}`
  const answer = await ask(
    `Delete ${what}, and ${messagesText(messages)}? This cannot be undone. [y/N] `,
  )
  if (!/^y(es)?$/i.test(answer.trim())) throw new Failure('nothing was deleted')
}

const remove = async (task: Task): Promise<void> => {
  if (!task.values.yes) await confirm(task)
  const request = { path: '/v1/queues/delete', body: task.queue }
  const answer = await task.client.ask(request, deletedAnswer)
  print(task, answer, `The queue is deleted, with ${messagesText(answer.messages)}\n`)
}

interface Action {
  run(task: Task): Promise<void>
  readonly options: readonly string[]
}

const actions: ReadonlyMap<string, Action> = new Map([
  ['status', { run: status, options: [] }],
  ['block', { run: block, options: ['reason', 'notice'] }],
  ['unblock', { run: unblock, options: [] }],
  ['delete', { run: remove, options: ['yes'] }],
])

const actionNames = [...actions.keys()].join(', ')

const actionOf = (name: string | undefined, values: Values): Action => {
  const action = actions.get(name ?? '')
  if (action === undefined)
    throw new Misuse(`${name === undefined ? 'what to do' : quote(name)} must be ${actionNames}`)
  for (const option of ['reason', 'notice', 'yes'])
    if (Object.hasOwn(values, option) && !action.options.includes(option))
      throw new Misuse(`--${option} is not for ${name}`)
  if (action.run === block) blockingOf(values)
  return action
}

export const queue: Command = {
  usage: 'queue status|block|unblock|delete [--reason REASON] [--notice SECONDS] QUEUE',
  about: `
Looks at, blocks, unblocks or deletes a queue of a running relay, or of its cluster. QUEUE is
the id of its sender or of its link, or a whole link in quotes (simplex:/…, https://…, smp://…):
only the id in it goes to the relay, which refuses links of other servers.

To a blocked queue nothing can be sent, and its owner can only delete it; whoever is subscribed
is told at once. SLUICE_BLOCK_QUOTA bounds how many queues are blocked a day. A deletion is
asked for, and cannot be undone.
${aboutAdmin}`,
  options,
  async run(args, io) {
    const parsed = parseArgs({
      args: args.filter((one) => !isPlainId(one)),
      options,
      allowPositionals: true,
    })
    const { values } = parsed
    const [name, text, ...others] = [...parsed.positionals, ...args.filter(isPlainId)]
    const action = actionOf(name, values)
    if (text === undefined) throw new Misuse('a queue is needed: an id, or a link in quotes')
    if (others.length > 0) throw new Misuse('only one queue can be given: put a link in quotes')
    const target = queueArgument(text)
    await action.run({ client: new AdminClient(io, values.admin), queue: target, values, io })
    return 0
  },
}
