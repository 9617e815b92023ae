import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { loadSettings } from '../config/load-settings.ts'
import type { Settings } from '../config/settings.ts'
import { nativeCrypto } from '../crypto/native.ts'
import { DryRun } from '../migrate/dry-run.ts'
import { type Imported, importState, isComplete } from '../migrate/import.ts'
import { settingsFile, storeProblem, translateIni } from '../migrate/ini-settings.ts'
import { Problems } from '../migrate/problems.ts'
import { importReport, problemsReport } from '../migrate/report.ts'
import { findStateFiles, type StateFiles, sourceOf } from '../migrate/state-files.ts'
import { openTransfer } from '../open-store.ts'
import type { Destination, QueueTransfer } from '../store/transfer.ts'
import { type Command, Failure, Misuse } from './command.ts'
import { addressText, givenSettings } from './given.ts'
import { givenIni, type MovedIdentity, movedIdentity } from './import-source.ts'
import type { Io } from './io.ts'
import { ProgressLines } from './progress.ts'
import { stateFailure } from './state-failure.ts'

const options = {
  'dry-run': {
    type: 'boolean',
    help: 'read everything, write nothing, and say what would be done',
  },
  config: {
    type: 'string',
    value: 'DIR',
    help: 'folder of smp-server.ini and certificates (default: the same)',
  },
  report: { type: 'string', value: 'FILE', help: 'write the report with all problems there' },
  settings: {
    type: 'string',
    value: 'FILE',
    help: 'write the settings of smp-server.ini there, for SLUICE_CONFIG',
  },
} as const

interface Asked {
  readonly directory: string
  readonly config: string
  readonly isDryRun: boolean
  readonly report: string | undefined
  readonly settingsPath: string | undefined
}

interface Given {
  readonly asked: Asked
  readonly settings: Settings
  readonly files: StateFiles
  readonly moved: MovedIdentity | undefined
}

export const noRedis =
  'SLUICE_REDIS_URL is needed, as for a start: queues in memory would end with this command'

const askedOf = (args: readonly string[]): Asked => {
  const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true })
  const [directory, ...others] = positionals
  if (directory === undefined || directory === '')
    throw new Misuse('the folder with the files of the server is needed')
  if (others.length > 0) throw new Misuse('only one folder can be given')
  const { config = directory, report, settings: settingsPath } = values
  return { directory, config, isDryRun: values['dry-run'] === true, report, settingsPath }
}

/** With what is wrong with the values, as a start would say it. */
const tellSettings = async ({ config, settingsPath }: Asked, io: Io): Promise<void> => {
  const ini = await givenIni(config)
  if (ini === undefined) return
  const problem = storeProblem(ini)
  if (problem !== undefined) throw new Failure(problem)
  const translated = translateIni(ini)
  const whole = settingsFile(translated, { withSecrets: true })
  if (settingsPath !== undefined) await writeFile(settingsPath, whole, { mode: 0o600 })
  else io.stdout.write(`${settingsFile(translated, { withSecrets: false })}\n`)
  const path = settingsPath ?? 'smp-server.ini'
  const loaded = loadSettings({ env: { SLUICE_CONFIG: path }, readFile: () => whole })
  if ('problems' in loaded)
    for (const line of loaded.problems) io.stdout.write(`To be corrected: ${line}\n`)
}

const runImport = async (
  { asked, settings, files }: Given,
  destination: Destination,
  { problems, io }: { readonly problems: Problems; readonly io: Io },
): Promise<Imported> => {
  const progress = new ProgressLines(io.stderr)
  return importState({
    ...{ files, destination, problems, limits: settings, crypto: nativeCrypto, signal: io.signal },
    nowSeconds: Math.floor(Date.now() / 1000),
    verifies: !asked.isDryRun,
    onProgress: ({ step, read, total, count }) =>
      progress.tell(step, () => `${count} done, ${Math.floor((100 * read) / total)}% read`),
  })
}

/** @returns false where there is nothing to do any more */
const begin = async (transfer: QueueTransfer, source: string, io: Io): Promise<boolean> => {
  const state = await transfer.beginImport(source)
  if (state === 'other')
    throw new Failure(
      'the cluster already has the import of other files, or of an earlier state of these: begin with an empty Redis, or another ?prefix= in SLUICE_REDIS_URL',
    )
  if (state === 'complete')
    io.stdout.write('These files were imported before: nothing is left to be done.\n')
  return state === 'begun'
}

const tell = (given: Given, imported: Imported, problems: Problems, io: Io): number => {
  const { asked, settings, files, moved } = given
  const { hosts, ports } = settings
  const text = importReport(imported, { files, isDryRun: asked.isDryRun })
  problems.write(text)
  io.stdout.write(text)
  if (moved !== undefined) {
    io.stdout.write(`Identity: ${moved.note}\n`)
    io.stdout.write(`Address: ${addressText({ ...moved.identity, hosts, ports })}\n`)
  }
  io.stdout.write(problemsReport(problems, asked.report))
  return problems.count === 0 ? 0 : 1
}

const intoCluster = async (given: Given, problems: Problems, io: Io): Promise<number> => {
  const { settings, files, moved } = given
  if (moved === undefined) throw new Failure('there is no identity')
  await using transfer = await openTransfer({ settings, identity: moved.identity }, () => {})
  if (transfer === undefined) throw new Failure(noRedis)
  const source = await sourceOf(files)
  if (!(await begin(transfer, source, io))) return 0
  const imported = await runImport(given, transfer, { problems, io })
  if (isComplete(imported)) await transfer.completeImport(source)
  return tell(given, imported, problems, io)
}

export const importCommand: Command = {
  usage: 'import DIR [--dry-run] [--config DIR] [--report FILE] [--settings FILE]',
  about: `
Takes the queues and messages of a stopped smp-server from its state folder (smp-server-store.log,
smp-server-messages.log, smp-server-ntfs.log) into the cluster of SLUICE_REDIS_URL, compares all of
it, and prints what was done and what could not be.

The server's certificates (ca.crt, server.crt, server.key in DIR or --config) are copied to
SLUICE_DATA_DIR where that has none, so that the address stays; smp-server.ini is translated.
It can be interrupted and run again. Start relays when it is done. Exit code 1 where something of
the files was left out. docs/migration.md has the whole way.`,
  options,
  async run(args, io) {
    const asked = askedOf(args)
    const settings = givenSettings(io)
    const { isDryRun } = asked
    if (!isDryRun && settings.redisUrl === undefined) throw new Failure(noRedis)
    try {
      const files = await findStateFiles(asked.directory)
      await tellSettings(asked, io)
      const moved = await movedIdentity(resolve(asked.config), settings.dataDir, { isDryRun })
      const given = { asked, settings, files, moved }
      using problems = new Problems(asked.report)
      if (!isDryRun) return await intoCluster(given, problems, io)
      return tell(given, await runImport(given, new DryRun(), { problems, io }), problems, io)
    } catch (error) {
      throw stateFailure(error)
    }
  },
}
