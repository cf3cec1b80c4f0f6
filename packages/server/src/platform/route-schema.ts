/**
 * What a declared route is to Fastify: JSON Schemas that document it, and by which its answer is written.
 *
 * @module
 */
import { z } from 'zod'
import type { Route } from './route.ts'

/** Checks nothing of the input: zod does, in http.ts. */
export function schemaOf(spec: Route): Record<string, unknown> {
  const describe = (schema: z.ZodType, io: 'input' | 'output') => {
    const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, target: 'draft-7', unrepresentable: 'any' })
    return rest
  }
  return {
    summary: spec.summary,
    tags: [spec.tag],
    ...(spec.access === 'anyone' ? { security: [] } : {}),
    ...(spec.params ? { params: describe(spec.params, 'input') } : {}),
    ...(spec.query ? { querystring: describe(spec.query, 'input') } : {}),
    ...(spec.body ? { body: describe(spec.body, 'input') } : {}),
    response: answerOf(spec, describe),
  }
}

function answerOf(
  spec: Route,
  describe: (schema: z.ZodType, io: 'output') => unknown,
): Record<number, unknown> {
  if (spec.response) return { [spec.status ?? 200]: describe(spec.response, 'output') }
  if (spec.produces)
    return { 200: { description: 'The file.', content: { [spec.produces]: { schema: { type: 'string' } } } } }
  return { 204: { type: 'null', description: 'Done.' } }
}
