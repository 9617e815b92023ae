/** The program `sluice`: connects the commands with the process they run in. */
import { countBuffersWithHeap } from '../collector.ts'
import { environment } from '../config/environment.ts'
import { askAt } from './ask.ts'
import { runCli } from './run-cli.ts'
import { stopOnSignals } from './signals.ts'

const LAST_MS = 1_000

countBuffersWithHeap()

// a reader that had enough, such as `head`, is no failure
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
})

const stopping = stopOnSignals({
  on: (name, listener) => process.on(name, listener),
  exit: (code) => process.exit(code),
  now: () => performance.now(),
})

process.exitCode = await runCli(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  env: environment,
  ask: askAt({ stdin: process.stdin, stderr: process.stderr, signal: stopping.signal }),
  ...stopping,
  onHangup: (listener) => {
    process.on('SIGHUP', listener)
    return () => process.off('SIGHUP', listener)
  },
})
// what is left open then keeps nobody waiting
setTimeout(() => process.exit(), LAST_MS).unref()
