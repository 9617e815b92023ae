/** The commands in the order of the help; each is loaded when it is called. */
import type { Command } from './command.ts'

interface Entry {
  readonly summary: string
  load(): Promise<Command>
}

const entry = (summary: string, load: () => Promise<Command>): Entry => ({ summary, load })

export const commands: ReadonlyMap<string, Entry> = new Map([
  ['start', entry('run a relay', async () => (await import('./start.ts')).start)],
  [
    'cluster',
    entry('try a cluster on this machine', async () => (await import('./cluster.ts')).cluster),
  ],
  ['init', entry('make an identity', async () => (await import('./init.ts')).init)],
  ['cert', entry('renew the online certificate', async () => (await import('./cert.ts')).cert)],
  [
    'address',
    entry("print the relay's address", async () => (await import('./address.ts')).address),
  ],
  ['check', entry('find mistakes before a start', async () => (await import('./check.ts')).check)],
  [
    'import',
    entry(
      'move an smp-server into the cluster',
      async () => (await import('./import.ts')).importCommand,
    ),
  ],
  [
    'export',
    entry(
      'write the cluster as an smp-server keeps it',
      async () => (await import('./export.ts')).exportCommand,
    ),
  ],
  ['queue', entry('look at, block or delete one', async () => (await import('./queue.ts')).queue)],
  ['stats', entry('what a running relay does', async () => (await import('./stats.ts')).stats)],
  [
    'config',
    entry('settings of a running relay', async () => (await import('./config.ts')).config),
  ],
  ['drain', entry('let its connections go', async () => (await import('./drain.ts')).drain)],
  ['shed', entry('let some of them go', async () => (await import('./shed.ts')).shed)],
  ['ping', entry('test any SMP server', async () => (await import('./ping.ts')).ping)],
  [
    'conformance',
    entry(
      'check that a server speaks SMP',
      async () => (await import('./conformance.ts')).conformance,
    ),
  ],
  [
    'bench',
    entry('load an SMP server and measure', async () => (await import('./bench.ts')).bench),
  ],
  ['demo', entry('let two clients talk', async () => (await import('./demo.ts')).demo)],
])
