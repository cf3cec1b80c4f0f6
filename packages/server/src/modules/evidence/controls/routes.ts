/** Routes of controls. @module */
import { z } from 'zod'
import { eventShape, eventView } from '#evidence/audit'
import type { Ctx } from '#platform/context'
import { type Route, route } from '#platform/http'
import { pageOf, pageQuery, pageSchema, toPage } from '#platform/pages'
import { type ControlAtWork, getControl, listControls, listEvidence } from './queries.ts'

const tag = 'Controls'
const all = '/organizations/:organization/controls'
const Organization = z.object({ organization: z.string().max(200) })
const One = Organization.extend({ control: z.string().max(100).describe('Such as authentication.mfa') })
const instant = z.iso
  .datetime({ offset: true, error: 'should be a time such as 2026-03-01T00:00:00Z' })
  .transform((text) => new Date(text))

const controlShape = z.object({
  id: z.string(),
  title: z.object({ en: z.string(), he: z.string() }),
  section: z.string(),
  enforcement: z.enum(['enforced', 'declared']),
  state: z.enum(['holds', 'fails', 'not_applicable', 'not_measured']),
  measured: z
    .object({
      of: z.int(),
      ofWhat: z.string(),
      failing: z.int(),
      failingHow: z.string(),
      at: z.string(),
    })
    .nullable()
    .describe('What was counted, on how many, now'),
})

const wholeShape = controlShape.extend({
  statement: z
    .object({ en: z.array(z.string()), he: z.array(z.string()) })
    .describe('What the policy demands'),
  settings: z.array(z.string()).describe('Paths in the policy that it comes from'),
  mapping: z.record(z.string(), z.array(z.string())).describe('By framework, the clauses it helps to meet'),
  evidence: z.array(z.string()).describe('Types of the events that show it at work'),
})

function controlView(
  ctx: Ctx,
  { control, state, proof, measured }: ControlAtWork,
): z.input<typeof controlShape> {
  return {
    id: control.id,
    title: { en: control.title.en, he: control.title.he },
    section: control.section,
    enforcement: control.enforcement,
    state,
    measured:
      proof && measured
        ? {
            of: measured.of,
            ofWhat: proof.counts.of,
            failing: measured.failing,
            failingHow: proof.counts.failing,
            at: ctx.now().toISOString(),
          }
        : null,
  }
}

export const controlRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: all,
    summary: 'What the policy demands, and whether it holds now',
    tag,
    access: 'member',
    params: Organization,
    response: z.object({ items: z.array(controlShape) }),
    async handle(ctx) {
      return { items: (await listControls(ctx)).map((each) => controlView(ctx, each)) }
    },
  }),
  route({
    method: 'GET',
    path: `${all}/:control`,
    summary: 'One control: its sentences, settings, mapping and state',
    tag,
    access: 'member',
    params: One,
    response: wholeShape,
    async handle(ctx, { params }) {
      const found = await getControl(ctx, params.control)
      const { control, proof } = found
      const { policy } = ctx.policy
      const statement = (language: 'en' | 'he') =>
        control.applies(policy) ? [...control.statement(policy, language)] : []
      return {
        ...controlView(ctx, found),
        statement: { en: statement('en'), he: statement('he') },
        settings: [...control.settings],
        mapping: Object.fromEntries(
          Object.entries(control.mapping).map(([name, clauses]) => [name, [...clauses]]),
        ),
        evidence: [...(proof?.events ?? [])],
      }
    },
  }),
  route({
    method: 'GET',
    path: `${all}/:control/evidence`,
    summary: 'The audit events that show a control at work in a period, newest first',
    tag,
    access: 'member',
    params: One,
    query: z.strictObject({
      ...pageQuery('evt'),
      from: instant.optional().describe('At this time or later.'),
      to: instant.optional().describe('Before this time.'),
    }),
    response: pageSchema(eventShape),
    async handle(ctx, { params, query }) {
      const page = pageOf('evt', query)
      const { from, to } = query
      return toPage('evt', page, await listEvidence(ctx, params.control, { from, to }, page), eventView)
    },
  }),
]
