/**
 * The store on each server that we promise, through Docker: `npm run test:matrix`, or with the
 * images (or absolute paths of server programs) to try instead.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

const IMAGES = ['redis:7', 'redis:8', 'valkey/valkey:8']
const FILES = [
  ...['contract', 'model', 'cluster', 'sentinel', 'rights', 'tls', 'apart'],
  ...['at-rest', 'counts', 'server-check', 'durability-fsync', 'healing-scripts'],
]

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url))

const args = [
  '--test',
  // most of the time they wait for the servers
  '--test-concurrency=3',
  `--test-global-setup=${path('../support/global-setup.ts')}`,
  '--test-reporter=spec',
  ...FILES.map((name) => path(`./${name}.test.ts`)),
]

/** The summary, and after it what failed. */
const endOf = (report: string): string =>
  report.slice(Math.max(report.lastIndexOf('\nℹ tests '), 0))

const passes = async (server: string): Promise<boolean> => {
  console.log(`\n== ${server}`)
  // the server is the choice's alone
  const { REDIS_URL: _given, SLUICE_TEST_TOPOLOGY: _topology, ...inherited } = process.env
  const env = { ...inherited, FORCE_COLOR: '0', SLUICE_TEST_SERVER: server }
  const run = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] })
  const [report, [code]] = await Promise.all([text(run.stdout), once(run, 'exit')])
  console.log(endOf(report).trim())
  return code === 0 && ['skipped', 'todo'].every((kind) => report.includes(`\nℹ ${kind} 0\n`))
}

const servers = process.argv.length > 2 ? process.argv.slice(2) : IMAGES
const failed: string[] = []
for (const server of servers) if (!(await passes(server))) failed.push(server)
if (failed.length > 0) {
  console.error(`\ntest:matrix: failed on ${failed.join(', ')}`)
  process.exitCode = 1
}
