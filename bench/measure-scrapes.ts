/** What a scrape of the metrics takes, with connections that are idle. */
import type { SmpConnection } from '../src/client/connection.ts'
import { closeAll } from '../src/load/target.ts'
import { connectEach } from './connections.ts'
import { RelayUnderTest } from './relay-under-test.ts'
import { type Percentiles, percentilesOf } from './statistics.ts'

export interface ScrapeFigures {
  readonly connections: number
  readonly samples: number
  /** From the request to the whole answer. */
  readonly milliseconds: Percentiles
  /** Milliseconds of the relay's CPU for one. */
  readonly cpu: number
}

const AT_ONCE = 16
const SCRAPES = 200
const FIRST = 20

const scrape = async (port: number): Promise<string> =>
  (await fetch(`http://127.0.0.1:${port}/metrics`)).text()

export const measureScrapes = async (count: number): Promise<ScrapeFigures> => {
  await using relay = await RelayUnderTest.start({ SLUICE_OPS_PORT: '0' })
  const port = await relay.opsPort()
  const connections: SmpConnection[] = []
  await connectEach(count, AT_ONCE, async () => {
    connections.push(await relay.connect())
  })
  for (let done = 0; done < FIRST; done++) await scrape(port)
  const times: number[] = []
  const { cpu } = await relay.measure(async () => {
    for (let done = 0; done < SCRAPES; done++) {
      const start = performance.now()
      await scrape(port)
      times.push(performance.now() - start)
    }
  })
  const samples = (await scrape(port)).split('\n').filter((line) => /^[a-z]/.test(line)).length
  await closeAll(connections)
  return {
    connections: count,
    samples,
    milliseconds: percentilesOf(times),
    cpu: cpu / SCRAPES / 1000,
  }
}
