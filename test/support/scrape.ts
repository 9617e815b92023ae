/** Metrics as a scraper reads them. */
import assert from 'node:assert/strict'
import type { OpsRelay, Page } from './ops-relay.ts'
import { until } from './redis/until.ts'

export interface ScrapedFamily {
  readonly type: string
  readonly help: string
}

export class Scrape {
  readonly text: string
  readonly families = new Map<string, ScrapedFamily>()
  /** By name and labels as they are written. */
  readonly #values = new Map<string, number>()

  constructor({ status, body }: Page) {
    assert.equal(status, 200)
    this.text = body
    const helps = new Map<string, string>()
    for (const line of body.split('\n')) {
      const [, kind, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line) ?? []
      if (kind === 'HELP') helps.set(name, rest)
      else if (kind === 'TYPE') this.families.set(name, { type: rest, help: helps.get(name) ?? '' })
      else if (line !== '' && line !== '# EOF') {
        const [, sample = '', value] =
          /^([a-z]\w*(?:\{.*\})?) (\S+)/.exec(line) ?? assert.fail(line)
        assert.ok(!this.#values.has(sample), `${sample} is there once`)
        this.#values.set(sample, Number(value))
      }
    }
  }

  /** `name` or `name{label="value"}`; 0 where it is not there. */
  get(sample: string): number {
    return this.#values.get(sample) ?? 0
  }

  has(sample: string): boolean {
    return this.#values.has(sample)
  }

  get samples(): readonly string[] {
    return [...this.#values.keys()]
  }

  /** Of counters that have labels. */
  get labelledCounters(): readonly string[] {
    return this.samples.filter((sample) => {
      const [, name = ''] = /^(\w+)\{/.exec(sample) ?? []
      return this.families.get(name)?.type === 'counter'
    })
  }

  /** All at once, so that a failure shows all that is wrong. */
  check(expected: Readonly<Record<string, number>>): void {
    const actual = Object.keys(expected).map((sample) => [sample, this.get(sample)])
    assert.deepEqual(Object.fromEntries(actual), expected)
  }

  /** Each name of a label. */
  labelsOf(family: string): ReadonlySet<string> {
    const labels = new Set<string>()
    for (const sample of this.samples) {
      const [, name = '', inner = ''] = /^(\w+?)\{(.*)\}$/.exec(sample) ?? []
      if (name.replace(/_(bucket|sum|count)$/, '') !== family && name !== family) continue
      for (const [, label = ''] of inner.matchAll(/(\w+)="/g)) if (label !== 'le') labels.add(label)
    }
    return labels
  }
}

export const scrape = async (relay: OpsRelay): Promise<Scrape> =>
  new Scrape(await relay.get('/metrics'))

/** Once all of them hold. */
export const scrapeWith = async (
  relay: OpsRelay,
  expected: Readonly<Record<string, number>>,
): Promise<Scrape> => {
  let last = await scrape(relay)
  await until('metrics are as expected', async () => {
    last = await scrape(relay)
    return Object.entries(expected).every(([sample, value]) => last.get(sample) === value)
  }).catch(() => undefined)
  last.check(expected)
  return last
}
