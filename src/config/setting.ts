/** How a setting is written down: its kind, its names, its default. */
import { z } from 'zod'
import type { Kind } from './values.ts'

interface About {
  readonly variable: `SLUICE_${string}`
  /** One line. */
  readonly help: string
  /** Never printed, and may be given as a file by the name with `_FILE`. */
  readonly secret?: true
}

export interface Setting extends About, Omit<Kind<unknown>, 'schema'> {
  /** As one would write it; without it the setting may be absent. */
  readonly default?: string
}

export const registry = z.registry<Setting>()

export const optional = <T>(kind: Kind<T>, about: About) => {
  const { schema, ...form } = kind
  return z.exactOptional(schema).register(registry, { ...form, ...about })
}

export const setting = <T>(kind: Kind<T>, fallback: string, about: About) => {
  const { schema, ...form } = kind
  return schema.prefault(fallback).register(registry, { ...form, ...about, default: fallback })
}
