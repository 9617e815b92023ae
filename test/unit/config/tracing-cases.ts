/** Settings of traces. */
import type { Case } from './settings-case.ts'

const [plain, secure] = ['http://collector.example:4318', 'https://collector.example/otlp/']

export const tracingCases: readonly Case[] = [
  {
    name: 'otlpEndpoint',
    variable: 'SLUICE_OTLP_ENDPOINT',
    accepts: { [plain]: plain, [secure]: secure, 'http://[::1]:4318': 'http://[::1]:4318' },
    refuses: [
      ...['collector:4318', 'grpc://collector:4317', '/v1/traces', 'http://', 'http://a b', 'on'],
      ...['http://user:secret@collector:4318', 'http://@collector', 'http://collector?token=1'],
      ...['http://collector#a', ' http://collector'],
    ],
  },
  {
    name: 'traceRatio',
    variable: 'SLUICE_TRACE_RATIO',
    accepts: { 0: 0, 1: 1, '0.01': 0.01, '1.0': 1, '0.000001': 0.000001 },
    refuses: ['-0.1', '1.1', '1.000001', '2', '50%', '.5', '0.', '1e-2', '0.0000001', 'off'],
  },
]
