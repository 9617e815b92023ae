/** What only the operator of a server can see, and what no server is asked for: always told so. */
import type { Check } from '../check.ts'
import { always } from '../facts.ts'

const notHere = (id: Check['id'], section: string, title: string, reason: string): Check => ({
  id,
  section,
  title,
  needs: [always(reason)],
  async run() {},
})

const restart = 'the server would have to be restarted'

export const operatorChecks: readonly Check[] = [
  notHere('SMP-O-001', '14.1.14', 'queues outlive a restart as the server promises', restart),
  notHere('SMP-O-002', '14.1.15', 'messages outlive a restart as the server promises', restart),
  notHere('SMP-O-003', '14.1.16', 'old messages expire at a restart', restart),
  notHere('SMP-O-004', '14.1.17', 'metrics are published', 'metrics are not part of SMP'),
  notHere(
    'SMP-O-005',
    '14.1.18',
    'AUTH takes the same time whether or not the queue exists',
    'times over a network prove nothing; `npm run bench:auth` measures beside the server',
  ),
  notHere(
    'SMP-O-006',
    '14.1.25',
    'SKEY to a blocked queue is BLOCKED',
    'the operator of the server would have to block a queue',
  ),
  notHere('SMP-O-007', '14.3', 'clients choose and retry private routing', 'this is about clients'),
]
