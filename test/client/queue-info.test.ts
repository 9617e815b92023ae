import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseQueueInfo } from '../../src/client/queue-info.ts'
import { ProtocolError } from '../../src/protocol/bytes.ts'

describe('queue information', () => {
  it('is read with and without its optional parts', () => {
    assert.deepEqual(parseQueueInfo('{"qiSnd":true,"qiNtf":false,"qiSize":0}'), {
      isSecured: true,
      hasNotifier: false,
      size: 0,
    })
    const full = {
      qiSnd: false,
      qiNtf: true,
      qiSub: { qSubThread: 'subThread', qDelivered: 'FwEC' },
      qiSize: 2,
      qiMsg: { msgId: 'FwEC', msgTs: '2026-11-22T16:31:33Z', msgType: 'message' },
      more: 1,
    }
    assert.deepEqual(parseQueueInfo(JSON.stringify(full)), {
      isSecured: false,
      hasNotifier: true,
      size: 2,
      subscription: { state: 'subThread', deliveredId: 'FwEC' },
      head: { id: 'FwEC', timestamp: '2026-11-22T16:31:33Z', type: 'message' },
    })
  })

  for (const json of [
    '[]',
    'null',
    '{"qiSnd":1,"qiNtf":false,"qiSize":0}',
    '{"qiSnd":true,"qiNtf":true,"qiSize":"0"}',
  ])
    it(`is refused: ${json}`, () => assert.throws(() => parseQueueInfo(json), ProtocolError))
})
