/** All operations: a new one is a file in `operations`, and a line here. */
import type { Operation } from './operation.ts'
import { configuration } from './operations/configuration.ts'
import { drain } from './operations/drain.ts'
import { queueBlock } from './operations/queue-block.ts'
import { queueDelete } from './operations/queue-delete.ts'
import { queueStatus } from './operations/queue-status.ts'
import { queueUnblock } from './operations/queue-unblock.ts'
import { shed } from './operations/shed.ts'
import { statistics } from './operations/statistics.ts'

export const operations: readonly Operation[] = [
  queueStatus,
  queueBlock,
  queueUnblock,
  queueDelete,
  statistics,
  configuration,
  drain,
  shed,
]
