import { shownSettings } from '../../config/shown.ts'
import type { Operation } from '../operation.ts'

export const configuration: Operation = {
  method: 'GET',
  path: '/v1/config',
  async run({ settings, version }) {
    return { body: { version, settings: shownSettings(settings) } }
  },
}
