/** Settings of how a relay stops, and of how it shares connections with the others of its cluster. */
import { HOUR, setting } from './setting.ts'
import { integer, onOff } from './values.ts'

export const lifecycleSettings = {
  drainDelaySeconds: setting(integer({ min: 0, max: HOUR, unit: 'seconds' }), '0', {
    variable: 'SLUICE_DRAIN_DELAY_SECONDS',
    help: 'Time for which a stopping relay still accepts, for load balancers to notice.',
  }),
  drainSeconds: setting(integer({ min: 0, max: HOUR, unit: 'seconds' }), '30', {
    variable: 'SLUICE_DRAIN_SECONDS',
    help: 'Longest time a stopping relay then takes to close its connections.',
  }),
  rebalance: setting(onOff, 'off', {
    variable: 'SLUICE_REBALANCE',
    help: 'Whether a relay with far more connections than others of its cluster closes some.',
  }),
}
