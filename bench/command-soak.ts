/** A relay under commands of all kinds, good and bad, as fast as they go. */
import { RelayUnderTest } from './relay-under-test.ts'
import { SoakLane } from './soak-load.ts'
import { columns, megabytes } from './soak-text.ts'
import type { MemoryMeasure, Reading } from './soak-verdict.ts'

const LANES = 4
const READINGS = 20

export interface CommandRow extends Reading<MemoryMeasure> {
  readonly seconds: number
}

export interface CommandSoak {
  readonly rows: readonly CommandRow[]
  /** Microseconds of the relay. */
  readonly cpuPerCommand: number
  readonly surprises: readonly string[]
}

export const commandHead = columns(['commands', 'seconds', 'RSS, MB', 'heap, MB', 'external'])

export const commandLine = ({ commands, seconds, rss, heapUsed, external }: CommandRow): string =>
  columns([
    commands.toLocaleString('en-US'),
    seconds.toFixed(0),
    ...[rss, heapUsed, external].map(megabytes),
  ])

export const soakCommands = async (
  commands: number,
  onRow: (row: CommandRow) => void,
): Promise<CommandSoak> => {
  await using relay = await RelayUnderTest.start()
  const lanes = Array.from({ length: LANES }, () => new SoakLane([relay]))
  const sum = (): number => lanes.reduce((all, lane) => all + lane.commands, 0)
  const rows: CommandRow[] = []
  const start = performance.now()
  const { cpu } = await relay.measure(async () => {
    for (let reading = 1; reading <= READINGS; reading++) {
      const target = (commands * reading) / READINGS
      // all lanes are done and their queues deleted when memory is read
      await Promise.all(
        lanes.map(async (lane) => {
          while (sum() < target) await lane.run()
        }),
      )
      const { rss, heapUsed, external } = await relay.memory()
      const seconds = (performance.now() - start) / 1000
      const row = { commands: sum(), seconds, rss, heapUsed, external }
      rows.push(row)
      onRow(row)
    }
  })
  const surprises = lanes.flatMap((lane) => lane.surprises)
  return { rows, cpuPerCommand: cpu / sum(), surprises }
}
