import assert from 'node:assert/strict'
import { test } from 'node:test'
import { figure, tableText } from '../../../bench/report.ts'

test('figures have three digits, or all of a large number', () => {
  for (const [value, text] of [
    [0, '0.00'],
    [0.123, '0.12'],
    [9.876, '9.88'],
    [12.34, '12.3'],
    [345.6, '346'],
    [12_345.6, '12,346'],
    [-45.67, '-45.7'],
    [Number.NaN, '-'],
    [Number.POSITIVE_INFINITY, '-'],
  ] as const)
    assert.equal(figure(value), text)
})

test('tables are Markdown, with numbers to the right', () => {
  assert.equal(
    tableText(
      ['what', 'us'],
      [
        ['a block', 1234.5],
        ['all', 7],
        ['none', ''],
      ],
    ),
    [
      '| what    |    us |',
      '|---------|------:|',
      '| a block | 1,235 |',
      '| all     |  7.00 |',
      '| none    |       |',
    ].join('\n'),
  )
})
