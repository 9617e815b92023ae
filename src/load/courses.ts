/** The modes. */
import { idleCourse } from './idle-course.ts'
import { messageCourse } from './message-course.ts'
import type { LoadPlan, Mode } from './plan.ts'
import type { Course, Stage } from './stage.ts'
import { reconnectCourse, stormCourse } from './subscription-courses.ts'

/** Half of the connections exchange messages, a quarter comes and goes, a quarter is idle. */
const mixedCourse = async (stage: Stage): Promise<Course> => {
  const { connections, queues, rate } = stage.plan
  const quarter = Math.max(1, Math.floor(connections / 4))
  const half = Math.max(2, connections - 2 * quarter)
  const fewQueues = Math.max(1, Math.floor(queues / 2))
  // a message's rate for messages, a tenth of that for the others
  const slow = rate === undefined ? {} : { rate: Math.max(0.1, rate / 10) }
  const part = (share: Partial<LoadPlan>): Stage => stage.withPlan({ ...stage.plan, ...share })
  const courses: Course[] = []
  const close = async (): Promise<void> => {
    await Promise.all(courses.map((course) => course.close()))
  }
  try {
    courses.push(await messageCourse(part({ connections: half, queues: fewQueues })))
    const others = { connections: quarter, queues: fewQueues, ...slow }
    courses.push(await reconnectCourse(part(others)))
    courses.push(idleCourse(part(others)))
  } catch (error) {
    await close()
    throw error
  }
  return {
    tallies: courses.flatMap(({ tallies }) => tallies),
    warmsUp: false,
    async run(milliseconds, tallies) {
      await Promise.all(
        courses.map((course, i) => course.run(milliseconds, tallies.slice(i, i + 1))),
      )
    },
    close,
  }
}

const table: { readonly [M in Mode]: (stage: Stage) => Course | Promise<Course> } = {
  load: messageCourse,
  storm: stormCourse,
  idle: idleCourse,
  reconnect: reconnectCourse,
  mixed: mixedCourse,
}

export const openCourse = async (stage: Stage): Promise<Course> => table[stage.plan.mode](stage)
