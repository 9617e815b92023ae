import { parseArgs } from 'node:util'
import { connectSmp } from '../client/connect.ts'
import { SmpRefusal } from '../client/errors.ts'
import { quote } from '../config/problem.ts'
import { type LoadPlan, type Mode, modes } from '../load/plan.ts'
import { BUSY, GeneratorLimit } from '../load/run-load.ts'
import { type LoadReport, runLoads, WorkerFailure } from '../load/workers.ts'
import { DEFAULT_PORT, type ServerAddress } from '../protocol/address.ts'
import { maxBodyBytes } from '../protocol/version.ts'
import { addressArgument, numberOption } from './arguments.ts'
import { headText, progressText, reportText } from './bench-text.ts'
import { type Command, Failure, Misuse } from './command.ts'
import { connectFailure } from './connect-failure.ts'
import type { Io } from './io.ts'
import { printable, StatusLine } from './terminal.ts'
import { hostAndPort } from './words.ts'

const options = {
  mode: { type: 'string', short: 'm', value: 'MODE', help: `${modes.join(', ')} (default: load)` },
  connections: { type: 'string', short: 'c', value: 'N', help: 'in all (default: 16; storm 4)' },
  queues: { type: 'string', short: 'q', value: 'N', help: 'in all (default: 64; storm 2000)' },
  seconds: { type: 'string', short: 's', value: 'N', help: 'of the measurement (default: 10)' },
  'warm-up': { type: 'string', value: 'SECONDS', help: 'before it (default: 2)' },
  rate: { type: 'string', short: 'r', value: 'N', help: 'a second (default: as fast as it goes)' },
  body: { type: 'string', value: 'BYTES', help: 'of each message (default: 16048)' },
  workers: {
    type: 'string',
    short: 'w',
    value: 'N',
    help: 'threads that make the load (default: 1)',
  },
  json: { type: 'boolean', help: 'print one JSON object instead of text' },
} as const

const config = { options, allowPositionals: true } as const
type Values = ReturnType<typeof parseArgs<typeof config>>['values']

const isMode = (text: string): text is Mode => modes.some((mode) => mode === text)

const modeOption = (text = 'load'): Mode => {
  if (!isMode(text)) throw new Misuse(`--mode ${quote(text)} must be one of ${modes.join(', ')}`)
  return text
}

const usual: { readonly [M in Mode]: { readonly connections: number; readonly queues: number } } = {
  load: { connections: 16, queues: 64 },
  storm: { connections: 4, queues: 2000 },
  idle: { connections: 16, queues: 1 },
  reconnect: { connections: 16, queues: 64 },
  mixed: { connections: 16, queues: 64 },
}

const planOf = (values: Values, server: ServerAddress): LoadPlan => {
  const mode = modeOption(values.mode)
  const { connections, queues } = usual[mode]
  const number = (
    name: keyof Values,
    fallback: number,
    min: number,
    [max, unit]: [number, string],
  ) => {
    const text = values[name]
    return typeof text === 'string' ? numberOption(`--${name}`, text, { min, max, unit }) : fallback
  }
  if (mode === 'storm' && values.rate !== undefined)
    throw new Misuse('--rate has no meaning for a storm, in which all come at once')
  const needed = mode === 'load' ? 2 : mode === 'mixed' ? 4 : 1
  return {
    server,
    mode,
    connections: number('connections', connections, needed, [50_000, 'connections']),
    queues: number('queues', queues, 1, [1_000_000, 'queues']),
    seconds: number('seconds', 10, 1, [86_400, 'seconds']),
    warmUpSeconds: number('warm-up', 2, 0, [600, 'seconds']),
    ...(values.rate !== undefined && { rate: number('rate', 1, 1, [1_000_000, 'a second']) }),
    bodyBytes: number('body', maxBodyBytes(18), 0, [maxBodyBytes(18), 'bytes']),
  }
}

const PROBE_MS = 10_000

/** Whether there is a server at all, before any thread is started. */
const probe = async (address: ServerAddress, signal: AbortSignal): Promise<void> => {
  await using connection = await connectSmp({ address, signal, connectMs: PROBE_MS })
  await connection.request({ tag: 'PING' }, { timeoutMs: PROBE_MS })
}

const failureOf = (error: unknown, where: string): Failure => {
  if (error instanceof GeneratorLimit)
    return new Failure([
      error.message,
      'a lower --rate or more --workers say something of the server',
    ])
  if (error instanceof WorkerFailure) return new Failure(`${where}: ${printable(error.message)}`)
  if (error instanceof SmpRefusal && error.error.code === 'AUTH')
    return new Failure(
      `${where} makes no queue for us (AUTH): it may want its password in the address`,
    )
  return new Failure(connectFailure(error, { where }), { cause: error })
}

const runShown = async (plan: LoadPlan, workers: number, io: Io): Promise<LoadReport> => {
  const status = new StatusLine(io.stderr)
  try {
    await probe(plan.server, io.signal)
    return await runLoads(plan, workers, {
      signal: io.signal,
      onProgress: (progress) => status.show(progressText(progress)),
    })
  } finally {
    status.clear()
  }
}

const jsonOf = ({ server: _, ...plan }: LoadPlan, report: LoadReport, isWhole: boolean): string => {
  const isGeneratorTheLimit = report.utilisation >= BUSY
  return `${JSON.stringify({ isWhole, isGeneratorTheLimit, plan, ...report })}\n`
}

export const bench: Command = {
  usage: 'bench [options] smp://FINGERPRINT[:PASSWORD]@HOST[,HOST][:PORT]',
  about: `
Makes load on any SMP server and measures it; for servers of your own. Its queues are deleted in
the end, also after Ctrl-C. Modes:

  load       messages sent, delivered and acknowledged; half of the connections send
  storm      fresh connections that subscribe to all queues at once, over and over
  idle       connections that are made and then say nothing
  reconnect  clients that leave, connect anew and subscribe, over and over
  mixed      half of the connections as in load, a quarter reconnect, a quarter idle

Says plainly when its own CPU is the limit, and refuses a --rate that it cannot keep.

Exit code 0: done. 1: something failed, or the generator cannot make that load.`,
  options,
  async run(args, io) {
    const { values, positionals } = parseArgs({ ...config, args: [...args] })
    const server = addressArgument(positionals)
    if (server === undefined) throw new Misuse('the address of a server is needed: smp://…')
    const plan = planOf(values, server)
    const { workers = '1', json = false } = values
    const threads = numberOption('--workers', workers, { min: 1, max: 64, unit: 'threads' })
    const where = hostAndPort(server.hosts[0], server.port ?? DEFAULT_PORT)
    if (!json) io.stdout.write(headText(where, plan))
    const report = await runShown(plan, threads, io).catch((error: unknown) => {
      io.signal.throwIfAborted()
      throw failureOf(error, where)
    })
    io.stdout.write(json ? jsonOf(plan, report, !io.signal.aborted) : reportText(report, plan))
    if (report.queuesLeft > 0)
      io.stderr.write(`sluice: ${report.queuesLeft} queues could not be deleted\n`)
    io.signal.throwIfAborted()
    const hasFailed = report.results.some(({ failures }) => Object.keys(failures).length > 0)
    return hasFailed ? 1 : 0
  },
}
