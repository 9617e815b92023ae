/** Settings of the port for those who run the relay. */
import { optional, setting } from './setting.ts'
import { listenAddress, portOrOff } from './values.ts'

export const opsSettings = {
  opsPort: setting(portOrOff, '9090', {
    variable: 'SLUICE_OPS_PORT',
    help: 'HTTP port for health and metrics, not for the public.',
  }),
  opsBind: optional(listenAddress, {
    variable: 'SLUICE_OPS_BIND',
    help: 'Address that it listens on; absent: as `SLUICE_BIND`.',
  }),
}

/** Whoever may connect to the relay may not see its metrics for that. */
export const opsContradictions = ({
  opsPort = 0,
  ports,
  wsPorts = [],
  wssPorts = [],
  adminPort,
}: {
  readonly opsPort: number | undefined
  readonly ports: readonly number[]
  readonly wsPorts?: readonly number[]
  readonly wssPorts?: readonly number[]
  readonly adminPort?: number
}): readonly string[] =>
  opsPort > 0 && [...ports, ...wsPorts, ...wssPorts, adminPort].includes(opsPort)
    ? [`SLUICE_OPS_PORT ${opsPort} is also another port: set it to another, or off`]
    : []
