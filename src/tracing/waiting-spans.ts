/** Spans from their end to their export. The SDK drops what is too much, and tells nobody how much. */
import { BatchSpanProcessor, type SpanProcessor } from '@opentelemetry/sdk-trace'
import { Exporting, type ExportWatch } from './exporting.ts'

/** Spans that wait for their export; more are dropped. */
const QUEUE = 4096
const BATCH = 512
const EXPORT_EVERY_MS = 2_000

export class WaitingSpans implements SpanProcessor {
  readonly #processor: BatchSpanProcessor
  readonly #watch: ExportWatch
  #waiting = 0

  constructor(endpoint: string, watch: ExportWatch) {
    this.#watch = watch
    const onTaken = (spans: number): void => {
      this.#waiting -= spans
    }
    this.#processor = new BatchSpanProcessor({
      exporter: new Exporting(endpoint, { watch, onTaken }),
      maxQueueSize: QUEUE,
      maxExportBatchSize: BATCH,
      scheduledDelayMillis: EXPORT_EVERY_MS,
    })
  }

  onStart(): void {}

  /** The SDK takes a span as long as fewer than that wait. */
  onEnd(span: Parameters<SpanProcessor['onEnd']>[0]): void {
    if (this.#waiting >= QUEUE) this.#watch.ended('dropped', 1)
    else this.#waiting += 1
    this.#processor.onEnd(span)
  }

  forceFlush(): Promise<void> {
    return this.#processor.forceFlush()
  }

  shutdown(): Promise<void> {
    return this.#processor.shutdown()
  }
}
