/** Routes of decisions, as the OpenID AuthZEN Authorization API 1.0 writes them, and of the register. */
import { z } from 'zod'
import { type Route, route } from '#platform/http'
import { registerResource } from './commands/register-resource.ts'
import { removeResource } from './commands/remove-resource.ts'
import { MAX_EVALUATIONS, readEvaluation, readEvaluations, readSearch, semantics } from './model.ts'
import { evaluate, evaluateAll, explain } from './queries/evaluate.ts'
import { getResource, listResources, type RegisteredResource } from './queries/register.ts'
import { searchActions, searchResources, searchSubjects } from './queries/search.ts'

const tag = 'Decisions'
const open = z.record(z.string(), z.unknown())

const subject = z.looseObject({
  type: z.string().describe('"user", or "token" for a bearer that the application received'),
  id: z.string().describe('usr_… or the e-mail address of a member; the bearer itself for "token"'),
  properties: open.optional(),
})
const action = z.looseObject({
  name: z.string().describe('read, or the whole permission read:leads'),
  properties: open.optional(),
})
const resource = z.looseObject({
  type: z.string().describe('A resource type of the policy'),
  id: z.string().describe('"*" asks about no resource in particular'),
  properties: open
    .optional()
    .describe('Declared attributes, and state, of a resource that is not registered'),
})
const context = open
  .optional()
  .describe(
    "What conditions see as context. organization (id or slug): where the question is asked, if not in the credential's own",
  )
const question = { subject, action, resource, context }
const evaluationBody = z.looseObject(question)
const evaluationsBody = z.looseObject({
  subject: subject.optional(),
  action: action.optional(),
  resource: resource.optional(),
  context,
  evaluations: z
    .array(
      z.looseObject({
        subject: subject.optional(),
        action: action.optional(),
        resource: resource.optional(),
        context,
      }),
    )
    .max(MAX_EVALUATIONS)
    .optional(),
  options: z.looseObject({ evaluations_semantic: z.enum(semantics).optional() }).optional(),
})
const page = z.looseObject({ token: z.string().optional(), limit: z.number().int().optional() }).optional()
const noId = { id: z.string().optional() }

const decision = z.object({
  decision: z.boolean(),
  context: z.object({
    reason: z.string(),
    permission: z.string(),
    policyVersion: z.string(),
    role: z.string().optional(),
    assignment: z.string().optional(),
    asserted: z.array(z.string()).readonly().optional(),
    error: z.object({ status: z.number(), message: z.string() }).optional(),
    subject: z
      .object({
        type: z.string(),
        id: z.string(),
        email: z.string(),
        name: z.string(),
        roles: z.array(z.string()).readonly(),
      })
      .optional(),
    organization: z.object({ id: z.string(), slug: z.string() }).optional(),
  }),
})
/** One of the two: a union would cost the serializer a validation an answer. */
const decisions = z.object({
  ...decision.partial().shape,
  evaluations: z.array(decision).readonly().optional(),
})
const grant = z.object({
  kind: z.enum(['allow', 'deny']),
  origin: z.enum(['direct', 'inherited']),
  from: z.string(),
  pattern: z.string(),
  impliedBy: z.string().optional(),
  when: z.string().optional(),
  condition: z.string().optional(),
})
const explanation = decision.extend({
  steps: z.array(z.object({ step: z.string(), outcome: z.string() })).readonly(),
  roles: z
    .array(
      z.object({
        role: z.string(),
        assignment: z.string().optional(),
        source: z.string(),
        standing: z.string(),
        grants: z.array(grant).readonly(),
      }),
    )
    .readonly(),
})
const pageOf = <T extends z.ZodType>(result: T) =>
  z.object({
    page: z.object({ next_token: z.string(), count: z.number() }),
    results: z.array(result).readonly(),
  })
const entity = z.object({ type: z.string(), id: z.string() })

/** The standard's endpoints: at the root, with the caller's request id sent back. */
const authzen = { method: 'POST', base: '', tag, access: 'application', echoesRequestId: true } as const

export const decisionRoutes: readonly Route[] = [
  route({
    ...authzen,
    path: '/access/v1/evaluation',
    summary: 'May they?',
    body: evaluationBody,
    check: readEvaluation,
    response: decision,
    handle: (ctx, { body }) => evaluate(ctx, body),
  }),
  route({
    ...authzen,
    path: '/access/v1/evaluations',
    summary: 'May they? Many questions at once',
    body: evaluationsBody,
    check: readEvaluations,
    response: decisions,
    handle: async (ctx, { body }) =>
      body.single ? evaluate(ctx, body.single) : { evaluations: await evaluateAll(ctx, body) },
  }),
  route({
    ...authzen,
    path: '/access/v1/explain',
    summary: 'May they, and why: the whole path of the decision',
    body: evaluationBody,
    check: readEvaluation,
    response: explanation,
    handle: (ctx, { body }) => explain(ctx, body),
  }),
  route({
    ...authzen,
    path: '/access/v1/search/subject',
    summary: 'Who may?',
    body: z.looseObject({ ...question, subject: subject.extend(noId), page }),
    check: (body) => readSearch(body, 'subject'),
    response: pageOf(entity),
    handle: (ctx, { body }) => searchSubjects(ctx, body),
  }),
  route({
    ...authzen,
    path: '/access/v1/search/resource',
    summary: 'On what may they?',
    body: z.looseObject({ ...question, resource: resource.extend(noId), page }),
    check: (body) => readSearch(body, 'resource'),
    response: pageOf(entity),
    handle: (ctx, { body }) => searchResources(ctx, body),
  }),
  route({
    ...authzen,
    path: '/access/v1/search/action',
    summary: 'What may they?',
    body: z.looseObject({ subject, resource, context, page }),
    check: (body) => readSearch(body, 'action'),
    response: pageOf(z.object({ name: z.string() })),
    handle: (ctx, { body }) => searchActions(ctx, body),
  }),
  route({
    method: 'GET',
    base: '',
    path: '/.well-known/authzen-configuration',
    summary: 'Where the endpoints of the AuthZEN Authorization API are',
    tag,
    access: 'anyone',
    echoesRequestId: true,
    response: z.object({
      policy_decision_point: z.string(),
      access_evaluation_endpoint: z.string(),
      access_evaluations_endpoint: z.string(),
      search_subject_endpoint: z.string(),
      search_resource_endpoint: z.string(),
      search_action_endpoint: z.string(),
    }),
    async handle(ctx) {
      const at = ctx.services.publicUrl
      return {
        policy_decision_point: at,
        access_evaluation_endpoint: `${at}/access/v1/evaluation`,
        access_evaluations_endpoint: `${at}/access/v1/evaluations`,
        search_subject_endpoint: `${at}/access/v1/search/subject`,
        search_resource_endpoint: `${at}/access/v1/search/resource`,
        search_action_endpoint: `${at}/access/v1/search/action`,
      }
    },
  }),
  ...registerRoutes(),
]

function registerRoutes(): Route[] {
  const params = z.object({
    organization: z.string(),
    type: z.string().max(100),
    id: z.string().min(1).max(500),
  })
  const view = z.object({
    type: z.string(),
    id: z.string(),
    attributes: open,
    state: z.string().nullable(),
    updatedAt: z.string(),
  })
  const shared = { tag: 'Resources', access: 'application' } as const
  const one = '/organizations/:organization/resources/:type/:id'
  return [
    route({
      ...shared,
      method: 'GET',
      path: '/organizations/:organization/resources/:type',
      summary: 'List registered resources of a type',
      params: params.omit({ id: true }),
      query: z.strictObject({
        limit: z.coerce.number().int().min(1).max(200).default(50).describe('At most this many items.'),
        cursor: z.string().max(1_000).optional().describe('nextCursor of the page before.'),
      }),
      response: z.object({ items: z.array(view), nextCursor: z.string().nullable() }),
      async handle(ctx, { params: { type }, query: { limit, cursor } }) {
        const after =
          cursor === undefined ? null : Buffer.from(cursor, 'base64url').toString('utf8').replaceAll('\0', '')
        const found = await listResources(ctx, type, after, limit)
        const items = found.slice(0, limit)
        const last = items.at(-1)
        return {
          items: items.map(viewOf),
          nextCursor: found.length > limit && last ? Buffer.from(last.id).toString('base64url') : null,
        }
      },
    }),
    route({
      ...shared,
      method: 'GET',
      path: one,
      summary: 'Read a registered resource',
      params,
      response: view,
      handle: async (ctx, { params: { type, id } }) => viewOf(await getResource(ctx, type, id)),
    }),
    route({
      ...shared,
      method: 'PUT',
      path: one,
      summary: 'Register a resource, or change what is registered of it',
      params,
      body: z.strictObject({
        attributes: open.default({}),
        state: z.string().max(100).nullable().default(null),
      }),
      response: view,
      handle: async (ctx, { params: { type, id }, body }) =>
        viewOf(await registerResource(ctx, { type, id, ...body })),
    }),
    route({
      ...shared,
      method: 'DELETE',
      path: one,
      summary: 'Remove a resource from the register',
      params,
      handle: (ctx, { params: { type, id } }) => removeResource(ctx, type, id),
    }),
  ]
}

function viewOf({ updatedAt, ...resource }: RegisteredResource) {
  return { ...resource, updatedAt: updatedAt.toISOString() }
}
