/** Makes anew what is made from the chart: the table of its README, and the manifests in k8s. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { chartFolder, root } from './support/chart.ts'
import { kustomizeFiles } from './support/kustomize.ts'
import { withTable } from './support/readme.ts'

const readme = join(chartFolder, 'README.md')
const values = readFileSync(join(chartFolder, 'values.yaml'), 'utf8')
writeFileSync(readme, withTable(readFileSync(readme, 'utf8'), values))

for (const folder of ['base', 'overlays', 'components'])
  rmSync(join(root, 'k8s', folder), { recursive: true, force: true })
for (const [path, text] of kustomizeFiles()) {
  const file = join(root, 'k8s', path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
}
