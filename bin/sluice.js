#!/usr/bin/env node
import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { planLaunch, runInstead } from './launch.js'

const plan = planLaunch({
  version: process.versions.node,
  root: dirname(dirname(fileURLToPath(import.meta.url))),
  platform: process.platform,
  exists: existsSync,
})

const fail = (problem) => {
  process.stderr.write(`sluice: ${problem}\n`)
  process.exitCode = 1
}

if ('problem' in plan) {
  fail(plan.problem)
} else if (plan.node === undefined) {
  await import(pathToFileURL(plan.main).href)
} else {
  try {
    process.exitCode = await runInstead(plan.node, [plan.main, ...process.argv.slice(2)])
  } catch (error) {
    fail(`${plan.node} does not start: ${error.message}`)
  }
}
