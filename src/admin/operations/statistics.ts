import type { Operation } from '../operation.ts'

export const statistics: Operation = {
  method: 'GET',
  path: '/v1/stats',
  async run(context) {
    const { store, settings, version } = context
    const [{ queues, messages }, blocked] = await Promise.all([store.count(), store.countBlocks()])
    return {
      body: {
        version,
        uptimeSeconds: Math.floor(context.uptimeMs() / 1000),
        pod: { state: context.service.state, ...context.statistics() },
        cluster: {
          queues,
          messages,
          blockedToday: blocked,
          blockQuota: settings.blockQuota,
        },
      },
    }
  },
}
