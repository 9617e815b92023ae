/** Settings of traces. */
import { z } from 'zod'
import { optional, setting } from './setting.ts'
import type { Kind } from './values.ts'

/** Credentials would be shown with the settings; headers for that are a variable of OpenTelemetry. */
const isCollector = (text: string): boolean => {
  try {
    const { protocol, username, password, search, hash } = new URL(text)
    const isPlain = `${username}${password}${search}${hash}` === '' && !/[\s?#@]/.test(text)
    return isPlain && ['http:', 'https:'].includes(protocol)
  } catch {
    return false
  }
}

const collector: Kind<string> = {
  schema: z.string().refine(isCollector),
  allowed: 'an `http://` or `https://` address without user, query and fragment',
}

const share: Kind<number> = {
  schema: z
    .string()
    .regex(/^(?:0(?:\.\d{1,6})?|1(?:\.0{1,6})?)$/)
    .transform(Number),
  allowed: 'a number from 0 to 1 with up to 6 decimal places',
}

export const tracingSettings = {
  otlpEndpoint: optional(collector, {
    variable: 'SLUICE_OTLP_ENDPOINT',
    help: 'Collector that traces go to (OTLP/HTTP); `/v1/traces` is added. Absent: no traces.',
  }),
  traceRatio: setting(share, '0.01', {
    variable: 'SLUICE_TRACE_RATIO',
    help: 'Share of handshakes and of blocks of commands that are traced.',
  }),
}
