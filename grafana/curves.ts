/** Panels with curves: most are, and differ in what they show alone. */
import type { Panel } from './panel.ts'

/** All but what it is called and its queries; lines where nothing else is said. */
type Look = Omit<Panel, 'title' | 'description' | 'queries' | 'kind' | 'columns' | 'words'> &
  Partial<Pick<Panel, 'kind'>>

/** @param queries by their legends, which say what each curve is */
export const curves = (
  [title, description]: readonly [title: string, description: string],
  look: Look,
  queries: Readonly<Record<string, string>>,
): Panel => ({
  title,
  description,
  kind: 'lines',
  ...look,
  queries: Object.entries(queries).map(([legend, expr]) => ({ expr, legend })),
})
