/** Which queues were active, by day, week and month. */
import type { RecipientId } from '../../protocol/ids.ts'
import type { ActiveInPeriods, ActiveQueues } from '../counts.ts'
import { dayOf, firstDayOf, type Period, periods } from '../periods.ts'
import { Sketch } from './sketch.ts'

interface Current {
  readonly all: Sketch
  readonly notifying: Sketch
  firstDay: number
}

const begin = (): Current => ({ all: new Sketch(), notifying: new Sketch(), firstDay: 0 })

export class MemoryActivity {
  readonly #now: () => number
  readonly #current: Readonly<Record<Period, Current>> = {
    day: begin(),
    week: begin(),
    month: begin(),
  }
  #day = 0

  constructor(now: () => number) {
    this.#now = now
  }

  note(id: RecipientId, isNotifying: boolean): void {
    this.#turn()
    for (const period of periods) {
      const { all, notifying } = this.#current[period]
      all.add(id)
      if (isNotifying) notifying.add(id)
    }
  }

  get counts(): ActiveQueues {
    this.#turn()
    const of = (kind: 'all' | 'notifying'): ActiveInPeriods => ({
      day: this.#current.day[kind].estimate,
      week: this.#current.week[kind].estimate,
      month: this.#current.month[kind].estimate,
    })
    return { all: of('all'), notifying: of('notifying') }
  }

  /** Starts those periods again that have ended. */
  #turn(): void {
    const day = dayOf(this.#now())
    if (day === this.#day) return
    this.#day = day
    for (const period of periods) {
      const current = this.#current[period]
      const firstDay = firstDayOf(period, day)
      if (firstDay === current.firstDay) continue
      current.firstDay = firstDay
      current.all.clear()
      current.notifying.clear()
    }
  }
}
