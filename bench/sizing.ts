/** `npm run sizing`: pods, shards, network and money for a clientele, from measured unit costs. */
import { readFileSync } from 'node:fs'
import { fail, readOptions } from './options.ts'
import type { Question } from './sizing-model.ts'
import {
  demandOf,
  type Given,
  planOf,
  pricesOf,
  problemsOf,
  sizingOptions,
} from './sizing-options.ts'
import { COLUMNS, costsText, sizingText } from './sizing-text.ts'
import { type MeasuredCosts, ownCosts, withFigures } from './unit-costs.ts'

const optionLine = ({ option, what, value, words }: (typeof sizingOptions)[number]): string =>
  `  ${`--${option} N`.padEnd(26)}${what} (${value ?? words})`

const usage = `Usage: npm run sizing -- [options]

${sizingOptions.map(optionLine).join('\n')}
  --figures FILE            what \`npm run bench -- --json\` printed, in place of the costs that come
                            with the sources; several with commas, of which the last counts
  --costs                   prints the unit costs as JSON, as bench/unit-costs.json has them
  --help                    prints this

docs/sizing.md says what is measured and what is not.
`
const program = { name: 'sizing', usage }

const given: Given = readOptions(program, {
  options: {
    ...Object.fromEntries(sizingOptions.map(({ option }) => [option, { type: 'string' as const }])),
    figures: { type: 'string' },
    costs: { type: 'boolean', default: false },
  },
}).values

const readFigures = (costs: MeasuredCosts, path: string): MeasuredCosts => {
  const today = new Date().toISOString().slice(0, 10)
  try {
    return withFigures(costs, readFileSync(path, 'utf8'), today)
  } catch {
    return fail(program, `${path} is not a file that \`npm run bench -- --json\` printed`)
  }
}

for (const problem of problemsOf(given)) fail(program, problem)
const paths = typeof given.figures === 'string' ? given.figures.split(',') : []
const measured = paths.reduce(readFigures, ownCosts())
if (given.costs === true) console.log(JSON.stringify(measured, undefined, 2))
else {
  const columns = given.connections === undefined ? COLUMNS : [Number(given.connections)]
  const questions = columns.map(
    (connections): Question => ({
      ...{ demand: demandOf(connections, given), plan: planOf(given), prices: pricesOf(given) },
      costs: measured.costs,
    }),
  )
  console.log(`${sizingText(questions)}\n\n${costsText(measured)}`)
}
