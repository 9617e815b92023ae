import { parseArgs } from 'node:util'
import { z } from 'zod'
import { quote } from '../config/problem.ts'
import { AdminClient, aboutAdmin, adminOptions } from './admin/admin-client.ts'
import { type Command, Misuse } from './command.ts'

const answer = z.looseObject({ connections: z.number(), overSeconds: z.number() })

const options = {
  ...adminOptions,
  over: { type: 'string', value: 'SECONDS', help: 'time they leave in (default: 60)' },
} as const

const percentOf = (text: string | undefined): number => {
  const percent = /^(\d{1,3})%?$/.exec(text ?? '')?.[1]
  if (percent === undefined || Number(percent) > 100)
    throw new Misuse(`${quote(text ?? '')} must be a share in percent, 0 to 100; 0 stops it`)
  return Number(percent)
}

const secondsOf = (text: string): number => {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 86_400)
    throw new Misuse(`--over ${quote(text)} must be seconds, 0 to 86400`)
  return Number(text)
}

export const shed: Command = {
  usage: 'shed PERCENT [--over SECONDS] [--admin URL] [--json]',
  about: `
Lets a share of a relay's connections go, spread over a time, so that their clients come back at
other pods: such as after pods were added. The relay goes on accepting. 0 stops what is under way.
${aboutAdmin}`,
  options,
  async run(args, io) {
    const { values, positionals } = parseArgs({
      args: [...args],
      options,
      allowPositionals: true,
    })
    const [percent, ...others] = positionals
    if (others.length > 0) throw new Misuse('one share at a time')
    const body = {
      share: percentOf(percent) / 100,
      overSeconds: secondsOf(values.over ?? '60'),
    }
    const client = new AdminClient(io, values.admin)
    const given = await client.ask({ path: '/v1/shed', body }, answer)
    const { connections, overSeconds } = given
    const text =
      body.share === 0
        ? 'No more connections are asked to leave\n'
        : `${connections} connections leave within ${overSeconds} seconds\n`
    io.stdout.write(values.json ? `${JSON.stringify(given)}\n` : text)
    return 0
  },
}
