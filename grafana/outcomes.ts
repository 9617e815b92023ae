/** Which outcomes of commands are the relay's fault, and which are refusals: matchers of PromQL. */

const faults = 'unanswered|internal|store'

export const FAULTS = `outcome=~"${faults}"`
export const REFUSALS = `outcome!~"ok|${faults}"`
