/** Each alert has a section in the runbooks, and each section an alert. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { alerts } from '../../../grafana/build.ts'
import { runbookOf } from '../../../grafana/rule.ts'
import { dashboards } from '../../monitoring/support/dashboards.ts'

const textOf = (path: string): string =>
  readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8')

/** As the pages' viewers make them of headings. */
const anchorsOf = (path: string): ReadonlySet<string> =>
  new Set(
    [...textOf(path).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\w\- ]/g, '')
        .replaceAll(' ', '-'),
    ),
  )

const page = textOf('docs/runbooks.md')
const sections = new Map(
  page
    .split(/^### /m)
    .slice(1)
    .map((section) => {
      const [heading = '', ...lines] = section.split('\n')
      return [heading, lines.join('\n')] as const
    }),
)

test('alerts and sections are the same, in the same words', () => {
  const names = new Set(alerts.map(({ name }) => name))
  assert.deepEqual([...sections.keys()].sort(), [...names].sort())
})

test('each section says what it means, what users notice, where to look and what to do', () => {
  for (const [name, text] of sections)
    for (const part of ['Meaning', 'Impact', 'Look', 'Do'])
      assert.match(text, new RegExp(`^\\*\\*${part}\\.\\*\\* [^]{20,}?`, 'm'), `${part} of ${name}`)
})

test('what an alert links to is there', () => {
  const anchors = anchorsOf('docs/runbooks.md')
  for (const alert of alerts) {
    const [path, anchor = ''] = runbookOf(alert).split('#')
    assert.equal(path, 'docs/runbooks.md')
    assert.ok(anchors.has(anchor), anchor)
  }
})

test('an alert says what it is about', () => {
  for (const { name, summary, description } of alerts) {
    assert.match(name, /^Sluice[A-Z][A-Za-z]+$/)
    assert.match(summary, /^[A-Z].*[^.]$/)
    assert.match(description, /\.$/)
  }
})

describe('pages for operators', () => {
  for (const path of ['docs/runbooks.md', 'docs/monitoring.md', 'docs/operations.md'])
    test(`links of ${path} lead somewhere`, () => {
      for (const [, target = ''] of textOf(path).matchAll(/\]\(([^)]+)\)/g)) {
        if (/^https?:/.test(target)) continue
        const [file = '', anchor] = target.split('#')
        const linked = file === '' ? path : new URL(file, `file:///docs/`).pathname.slice(1)
        assert.ok(
          existsSync(new URL(`../../../${linked}`, import.meta.url)),
          `${target} of ${path}`,
        )
        if (anchor !== undefined) assert.ok(anchorsOf(linked).has(anchor), `${target} of ${path}`)
      }
    })

  test('panels that runbooks name are there', () => {
    const titles = new Set(
      dashboards().flatMap(([, { panels }]) => panels.map(({ title }) => title)),
    )
    for (const [, title = ''] of page.matchAll(/"([A-Z][^"]+)"/g))
      assert.ok(titles.has(title.replace(/\s+/g, ' ')), title)
  })
})
