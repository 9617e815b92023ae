import { parseArgs } from 'node:util'
import { nativeCrypto } from '../crypto/native.ts'
import { exportState } from '../migrate/export.ts'
import { NewFiles } from '../migrate/new-files.ts'
import { Problems } from '../migrate/problems.ts'
import { exportReport, problemsReport } from '../migrate/report.ts'
import { openTransfer } from '../open-store.ts'
import type { QueueTransfer } from '../store/transfer.ts'
import { type Command, Failure, Misuse } from './command.ts'
import { givenSettings, presentIdentity } from './given.ts'
import { noRedis } from './import.ts'
import type { Io } from './io.ts'
import { ProgressLines } from './progress.ts'
import { stateFailure } from './state-failure.ts'

const options = {
  report: { type: 'string', value: 'FILE', help: 'write the report with all problems there' },
} as const

const directoryOf = (positionals: readonly string[]): string => {
  const [directory, ...others] = positionals
  if (directory === undefined || directory === '')
    throw new Misuse('a folder to write to is needed')
  if (others.length > 0) throw new Misuse('only one folder can be given')
  return directory
}

const runExport = async (
  transfer: QueueTransfer,
  { directory, report }: { readonly directory: string; readonly report: string | undefined },
  io: Io,
): Promise<number> => {
  const progress = new ProgressLines(io.stderr)
  using problems = new Problems(report)
  await using files = await NewFiles.open(directory)
  const tally = await exportState({
    ...{ transfer, files, crypto: nativeCrypto, signal: io.signal },
    onProblem: (reason) => problems.add({ file: 'cluster', reason }),
    onProgress: (queues) => progress.tell('export', () => `${queues} queues`),
  })
  await files.keep()
  const text = exportReport(tally)
  problems.write(text)
  io.stdout.write(`${text}${problemsReport(problems, report)}`)
  return problems.count === 0 ? 0 : 1
}

export const exportCommand: Command = {
  usage: 'export DIR [--report FILE]',
  about: `
Writes the queues, messages and notifications of the cluster of SLUICE_REDIS_URL to DIR, as
smp-server keeps them (smp-server-store.log, smp-server-messages.log, smp-server-ntfs.log): the way
back, and a backup that needs no cluster key. The files hold the secrets of all queues.

Stop the relays first: what they do meanwhile may be missing, or in one file and not in another.
Redis is read in slices; its user needs +scan too. docs/migration.md has the whole way.`,
  options,
  async run(args, io) {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true })
    const directory = directoryOf(positionals)
    const settings = givenSettings(io)
    if (settings.redisUrl === undefined) throw new Failure(noRedis)
    try {
      const identity = await presentIdentity(settings.dataDir)
      await using transfer = await openTransfer({ settings, identity }, () => {})
      if (transfer === undefined) throw new Failure(noRedis)
      return await runExport(transfer, { directory, report: values.report }, io)
    } catch (error) {
      throw stateFailure(error)
    }
  },
}
