import type { Case } from './settings-case.ts'

const token = 'a token of 16..?'.replaceAll(' ', '-')

export const adminCases: readonly Case[] = [
  {
    name: 'adminPort',
    variable: 'SLUICE_ADMIN_PORT',
    accepts: { 0: 0, 5224: 5224, 65535: 65_535 },
    refuses: ['65536', '-1', '5224,5225', 'admin', '0x10', ' 1'],
    beside: { SLUICE_ADMIN_TOKEN: token },
  },
  {
    name: 'adminBind',
    variable: 'SLUICE_ADMIN_BIND',
    accepts: { '0.0.0.0': '0.0.0.0', '::1': '::1', localhost: 'localhost' },
    refuses: ['127.0.0.1:5224', '[::1]', 'a b'],
  },
  {
    name: 'adminToken',
    variable: 'SLUICE_ADMIN_TOKEN',
    accepts: { [token]: token, ['~'.repeat(512)]: '~'.repeat(512) },
    refuses: [token.slice(1), '~'.repeat(513), `${token} `, `${token}é`, `${token}\n`],
  },
  {
    name: 'adminUrl',
    variable: 'SLUICE_ADMIN_URL',
    accepts: {
      'http://127.0.0.1:5224': 'http://127.0.0.1:5224',
      'https://admin.example.org/relay': 'https://admin.example.org/relay',
    },
    refuses: ['127.0.0.1:5224', 'smp://a@b', 'http://a b'],
  },
  {
    name: 'blockQuota',
    variable: 'SLUICE_BLOCK_QUOTA',
    accepts: { 0: 0, 20: 20, 1000000: 1_000_000, off: 'off' },
    refuses: ['-1', '1000001', '1.5', 'OFF', 'on', '20 '],
  },
]
