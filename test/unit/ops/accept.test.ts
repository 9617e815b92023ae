import assert from 'node:assert/strict'
import { test } from 'node:test'
import { prefersOpenMetrics } from '../../../src/ops/accept.ts'

test('OpenMetrics is for those who would rather have it', () => {
  const prometheus =
    'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2'
  for (const accept of [
    prometheus,
    'application/openmetrics-text',
    'Application/OpenMetrics-Text; version=1.0.0, text/plain;q=0.5',
  ])
    assert.equal(prefersOpenMetrics(accept), true, accept)
  for (const accept of [
    undefined,
    '',
    '*/*',
    'text/html,*/*;q=0.8',
    'text/plain, application/openmetrics-text;q=0.5',
    'application/openmetrics-text;q=0',
    'application/openmetrics-text;q=x',
    ';q=1,,;',
  ])
    assert.equal(prefersOpenMetrics(accept), false, accept)
})
