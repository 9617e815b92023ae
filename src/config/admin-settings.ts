/** Settings of the operators' API, on a port of its own. */
import { z } from 'zod'
import { optional, setting } from './setting.ts'
import { integer, type Kind, listenAddress } from './values.ts'
import { webUrl } from './web-values.ts'

const [SHORTEST_TOKEN, LONGEST_TOKEN] = [16, 512]

/** As it can stand in a header. */
const token: Kind<string> = {
  schema: z
    .string()
    .min(SHORTEST_TOKEN)
    .max(LONGEST_TOKEN)
    .regex(/^[!-~]+$/),
  allowed: `${SHORTEST_TOKEN} to ${LONGEST_TOKEN} printable ASCII characters without white space`,
}

const MOST_BLOCKS = 1_000_000

const blockQuota: Kind<number | 'off'> = {
  schema: z.union([
    z.literal('off'),
    z.string().regex(/^\d+$/).transform(Number).pipe(z.number().int().max(MOST_BLOCKS)),
  ]),
  allowed: `a whole number up to ${MOST_BLOCKS}, or \`off\``,
  unit: 'queues a day',
}

export const adminSettings = {
  adminPort: optional(integer({ min: 0, max: 65_535, unit: 'port' }), {
    variable: 'SLUICE_ADMIN_PORT',
    help: 'Port of the admin API, without TLS; 0: any free one; absent: there is no admin API.',
  }),
  adminBind: setting(listenAddress, '127.0.0.1', {
    variable: 'SLUICE_ADMIN_BIND',
    help: 'Address that the admin API listens on.',
  }),
  adminToken: optional(token, {
    variable: 'SLUICE_ADMIN_TOKEN',
    help: 'What requests to the admin API show; needed with `SLUICE_ADMIN_PORT`.',
    secret: true,
  }),
  adminUrl: optional(webUrl, {
    variable: 'SLUICE_ADMIN_URL',
    help: 'Where commands such as `sluice queue` find the admin API; absent: at the port above.',
  }),
  blockQuota: setting(blockQuota, '20', {
    variable: 'SLUICE_BLOCK_QUOTA',
    help: 'Queues that operators can block a day, in the whole cluster; 0: any number; `off`: none.',
  }),
} as const
