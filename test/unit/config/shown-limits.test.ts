import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { rateText } from '../../../src/config/limit-settings.ts'
import { settingsSchema } from '../../../src/config/settings.ts'
import { shownSettings } from '../../../src/config/shown.ts'

const read = (text: string) => settingsSchema.shape.limitSendRate.parse(text)

test('rates are shown as one would write them', () => {
  for (const text of ['50/s', '600/m:50', '7/m', '5000/h:1', '1/h'])
    assert.deepEqual(read(rateText(read(text) ?? assert.fail())), read(text))
  for (const text of ['50/s', '7/m:3', '1/h'])
    assert.equal(rateText(read(text) ?? assert.fail()), text)
  const number = fc.integer({ min: 1, max: 1_000_000_000 })
  fc.assert(
    fc.property(number, fc.constantFrom('s', 'm', 'h'), number, (count, unit, burst) => {
      const rate = read(`${count}/${unit}:${burst}`) ?? assert.fail()
      const shown = read(rateText(rate)) ?? assert.fail()
      assert.equal(shown.burst, burst)
      assert.ok(Math.abs(shown.perSecond / rate.perSecond - 1) < 1e-6)
    }),
  )
})

test('what is off by default is shown so', () => {
  const shown = shownSettings(settingsSchema.parse({ limitSendRate: '7/m:3' }))
  const shownOf = (variable: string) => shown.find((one) => one.variable === variable)?.value
  assert.equal(shownOf('SLUICE_LIMIT_SEND_RATE'), '7/m:3')
  assert.equal(shownOf('SLUICE_LIMIT_NEW_RATE'), '0')
  assert.equal(shownOf('SLUICE_LIMIT_EXEMPT'), null)
})
