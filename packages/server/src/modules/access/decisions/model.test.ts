import { describe, expect, test } from 'vitest'
import { MAX_EVALUATIONS, readEvaluation, readEvaluations, readSearch } from './model.ts'

const question = {
  subject: { type: 'user', id: 'usr_1' },
  action: { name: 'read' },
  resource: { type: 'leads', id: '7' },
}

/** The paths and messages that a reader refuses with. */
function refusal(read: () => unknown): { code: string; status: number; errors: string[] } {
  try {
    read()
  } catch (error) {
    const { code, status, particulars } = error as {
      code: string
      status: number
      particulars: { errors?: { path: string; message: string }[] }
    }
    return {
      code,
      status,
      errors: (particulars.errors ?? []).map(({ path, message }) => `${path} ${message}`),
    }
  }
  throw new Error('nothing was refused')
}

describe('an evaluation', () => {
  test('is read with what the standard names; fields it does not name are ignored', () => {
    const body = { ...question, context: { organization: 'acme', ip: '::1' }, futureField: 1 }
    expect(readEvaluation({ ...body, subject: { ...question.subject, futureField: [] } })).toEqual({
      ...question,
      resource: { ...question.resource, properties: undefined },
      context: { organization: 'acme', ip: '::1' },
    })
  })

  test.each<[string, unknown, string[]]>([
    [
      'no body',
      undefined,
      ['body is missing', 'subject is missing', 'resource is missing', 'action is missing'],
    ],
    [
      'an array',
      [],
      ['body should be an object', 'subject is missing', 'resource is missing', 'action is missing'],
    ],
    ['no subject', { ...question, subject: undefined }, ['subject is missing']],
    ['a subject that is a text', { ...question, subject: 'usr_1' }, ['subject should be an object']],
    ['no subject.id', { ...question, subject: { type: 'user' } }, ['subject.id is missing']],
    [
      'an empty subject.type',
      { ...question, subject: { type: '', id: '1' } },
      ['subject.type should be a text of 1 to 200 characters'],
    ],
    ['an action that is a text', { ...question, action: 'read' }, ['action should be an object']],
    ['no action.name', { ...question, action: {} }, ['action.name is missing']],
    [
      'a number as resource.id',
      { ...question, resource: { type: 'leads', id: 7 } },
      ['resource.id should be a text of 1 to 1000 characters'],
    ],
    [
      'properties that are a list',
      { ...question, resource: { ...question.resource, properties: [] } },
      ['resource.properties should be an object'],
    ],
    ['a context that is a text', { ...question, context: 'x' }, ['context should be an object']],
    [
      'an organization that is a number',
      { ...question, context: { organization: 1 } },
      ['context.organization should be a text of 1 to 200 characters'],
    ],
  ])('with %s is refused as a bad request that names the field', (_, body, errors) => {
    expect(refusal(() => readEvaluation(body))).toEqual({
      code: 'decisions.malformed_request',
      status: 400,
      errors,
    })
  })
})

describe('evaluations', () => {
  test('take what they do not say from the top level', () => {
    const { evaluations, semantic } = readEvaluations({
      subject: question.subject,
      action: question.action,
      context: { a: 1 },
      evaluations: [
        { resource: question.resource },
        { resource: question.resource, action: { name: 'write' }, context: { b: 2 } },
      ],
    })
    expect(semantic).toBe('execute_all')
    expect(evaluations?.map(({ action, context }) => [action.name, context])).toEqual([
      ['read', { a: 1 }],
      ['write', { b: 2 }],
    ])
  })

  test.each([undefined, null, []])('without any (%j) are a single question', (evaluations) => {
    expect(readEvaluations({ ...question, evaluations }).single).toMatchObject(question)
  })

  test('with a part that is said nowhere are refused, naming which', () => {
    const body = { subject: question.subject, evaluations: [question, { resource: question.resource }] }
    expect(refusal(() => readEvaluations(body)).errors).toEqual(['evaluations.1.action is missing'])
  })

  test('with a semantic that the standard does not know are refused', () => {
    const body = { ...question, evaluations: [{}], options: { evaluations_semantic: 'majority' } }
    expect(refusal(() => readEvaluations(body)).errors).toEqual([
      'options.evaluations_semantic should be one of execute_all, deny_on_first_deny, permit_on_first_permit',
    ])
  })

  test('are bounded', () => {
    const many = (count: number) => ({ ...question, evaluations: Array.from({ length: count }, () => ({})) })
    expect(readEvaluations(many(MAX_EVALUATIONS)).evaluations).toHaveLength(MAX_EVALUATIONS)
    expect(refusal(() => readEvaluations(many(MAX_EVALUATIONS + 1)))).toMatchObject({
      code: 'decisions.too_many',
      status: 422,
    })
  })
})

describe('a search', () => {
  test('ignores the id of what it searches', () => {
    expect(
      readSearch({ ...question, subject: { type: 'user', id: 9 } }, 'subject').subject.id,
    ).toBeUndefined()
    expect(readSearch({ ...question, resource: { type: 'leads' } }, 'resource').resource.id).toBeUndefined()
    expect(
      readSearch({ subject: question.subject, resource: question.resource }, 'action').action,
    ).toBeUndefined()
  })

  test('takes candidates as ids or with properties, and says which is wrong', () => {
    const search = (candidates: unknown) => () =>
      readSearch({ ...question, context: { candidates } }, 'resource')
    expect(search(['1', { id: '2', properties: { a: 1 } }])().candidates).toEqual([
      { id: '1', properties: undefined },
      { id: '2', properties: { a: 1 } },
    ])
    expect(refusal(search('1')).errors).toEqual([
      'context.candidates should be an array of ids, or of {id, properties}',
    ])
    expect(refusal(search(['1', 2, {}])).errors).toEqual([
      'context.candidates.1 should be an object',
      'context.candidates.2.id is missing',
    ])
    expect(refusal(search(Array.from({ length: 501 }, String))).code).toBe('decisions.too_many')
  })

  test('bounds its pages', () => {
    const limitOf = (page: unknown) => readSearch({ ...question, page }, 'subject').page.limit
    expect([limitOf(undefined), limitOf({ limit: 0 }), limitOf({ limit: 10_000 })]).toEqual([100, 0, 200])
    expect(refusal(() => limitOf({ limit: -1 })).errors).toEqual([
      'page.limit should be a whole number, 0 or more',
    ])
    expect(refusal(() => limitOf({ token: 1 })).errors).toEqual([
      'page.token should be next_token of the page before',
    ])
  })
})
