import { parseArgs } from 'node:util'
import { z } from 'zod'
import { AdminClient, aboutAdmin, adminOptions } from './admin/admin-client.ts'
import type { Command } from './command.ts'

const answer = z.looseObject({
  settings: z.array(
    z.object({
      variable: z.string().regex(/^\w{1,80}$/),
      value: z.string().nullable(),
      isSecret: z.boolean(),
    }),
  ),
})

type Shown = z.output<typeof answer>['settings'][number]

const line = ({ variable, value, isSecret }: Shown): string => {
  if (value === null) return `# ${variable} is not set`
  if (isSecret) return `# ${variable} is set, and secret`
  return `${variable}=${value.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '?')}`
}

export const config: Command = {
  usage: 'config [--admin URL] [--json]',
  about: `
Prints the settings that a running relay has, with what they are by default, a line each. Of
secrets it says only whether they are set.
${aboutAdmin}`,
  options: adminOptions,
  async run(args, io) {
    const { values } = parseArgs({ args: [...args], options: adminOptions })
    const client = new AdminClient(io, values.admin)
    const given = await client.ask({ path: '/v1/config' }, answer)
    const lines = given.settings.map((one) => `${line(one)}\n`).join('')
    io.stdout.write(values.json ? `${JSON.stringify(given)}\n` : lines)
    return 0
  },
}
