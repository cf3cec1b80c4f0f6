/**
 * What may be asked, in the words of the OpenID AuthZEN Authorization API 1.0, and how a body is read into it.
 *
 * The readers are written by hand because a decision is the hot path. As the standard demands, fields they do not
 * know are ignored and a required one that is missing is a bad request (400).
 */
import type { FieldError } from '#platform/errors'
import { errors } from './catalog.ts'

export type Properties = Readonly<Record<string, unknown>>

export interface Subject {
  /** `user` with an id or address, or `token` with the bearer that an application received. */
  readonly type: string
  readonly id: string
}

export interface Resource {
  readonly type: string
  /** {@link ANY} asks about no resource in particular. */
  readonly id: string
  readonly properties: Properties | undefined
}

export interface Evaluation {
  readonly subject: Subject
  /** `read`, or the whole permission `read:leads`. */
  readonly action: { readonly name: string }
  readonly resource: Resource
  readonly context: Properties | undefined
}

/** A question as far as a decision is made from it; an {@link Evaluation} is one. */
export interface Asked {
  readonly subject: { readonly type: string }
  readonly action: { readonly name: string }
  readonly resource: { readonly type: string; readonly id: string }
  readonly context: Properties | undefined
}

export const semantics = ['execute_all', 'deny_on_first_deny', 'permit_on_first_permit'] as const
export type Semantic = (typeof semantics)[number]

export interface Evaluations {
  /** Undefined: a single question in the shape of several, answered like a single one. */
  readonly evaluations: readonly Evaluation[] | undefined
  readonly single: Evaluation | undefined
  readonly semantic: Semantic
}

export interface PageRequest {
  readonly token: string | undefined
  readonly limit: number
}

export interface Candidate {
  readonly id: string
  readonly properties: Properties | undefined
}

export interface Search {
  readonly subject: { readonly type: string; readonly id: string | undefined }
  /** Undefined when actions are searched. */
  readonly action: { readonly name: string } | undefined
  readonly resource: {
    readonly type: string
    readonly id: string | undefined
    readonly properties: Properties | undefined
  }
  readonly context: Properties | undefined
  readonly candidates: readonly Candidate[] | undefined
  readonly page: PageRequest
}

/** The id that stands for no resource in particular ("may they list leads at all"); it cannot be registered. */
export const ANY = '*'

export const MAX_EVALUATIONS = 200
export const MAX_CANDIDATES = 500
export const MAX_PAGE = 200
const MAX_NAME = 200
const MAX_ID = 1_000
/** A bearer is longer than any id. */
const MAX_SUBJECT = 8_192

/** Reads the body of an evaluation. @throws `decisions.malformed_request` naming every field that is wrong */
export function readEvaluation(body: unknown): Evaluation {
  const problems: FieldError[] = []
  const read = evaluationAt(objectAt(body, 'body', problems), undefined, '', problems)
  refuseIf(problems)
  return read
}

/** Reads the body of several evaluations. @throws `decisions.malformed_request`, `decisions.too_many` */
export function readEvaluations(body: unknown): Evaluations {
  const problems: FieldError[] = []
  const top = objectAt(body, 'body', problems)
  const items = top['evaluations']
  if (items === undefined || items === null || (Array.isArray(items) && items.length === 0)) {
    const single = evaluationAt(top, undefined, '', problems)
    refuseIf(problems)
    return { single, evaluations: undefined, semantic: 'execute_all' }
  }
  if (!Array.isArray(items)) throw malformed('evaluations', 'should be an array of evaluations')
  if (items.length > MAX_EVALUATIONS) throw errors.too_many({ maximum: MAX_EVALUATIONS, sent: items.length })
  const semantic = semanticOf(top['options'], problems)
  const evaluations = items.map((item: unknown, i) => {
    const at = `evaluations.${i}`
    return evaluationAt(objectAt(item, at, problems), top, `${at}.`, problems)
  })
  refuseIf(problems)
  return { single: undefined, evaluations, semantic }
}

/** Reads the body of a search; the part that is searched needs no id (actions: no action at all). @throws `decisions.malformed_request`, `decisions.too_many` */
export function readSearch(body: unknown, searched: 'subject' | 'resource' | 'action'): Search {
  const problems: FieldError[] = []
  const top = objectAt(body, 'body', problems)
  const subject = objectAt(top['subject'], 'subject', problems)
  const resource = objectAt(top['resource'], 'resource', problems)
  const context = contextAt(top['context'], 'context', problems)
  const read: Search = {
    subject: {
      type: memberAt(subject, 'type', 'subject', MAX_NAME, problems),
      id: searched === 'subject' ? undefined : memberAt(subject, 'id', 'subject', MAX_SUBJECT, problems),
    },
    action: searched === 'action' ? undefined : actionAt(top['action'], 'action', problems),
    resource: {
      type: memberAt(resource, 'type', 'resource', MAX_NAME, problems),
      id: searched === 'resource' ? undefined : memberAt(resource, 'id', 'resource', MAX_ID, problems),
      properties: propertiesAt(resource['properties'], 'resource.properties', problems),
    },
    context,
    candidates: searched === 'resource' ? candidatesOf(context, problems) : undefined,
    page: pageAt(top['page'], problems),
  }
  refuseIf(problems)
  return read
}

export function malformed(path: string, message: string) {
  return errors.malformed_request({ errors: [{ path, message }] })
}

function refuseIf(problems: readonly FieldError[]): void {
  if (problems.length > 0) throw errors.malformed_request({ errors: problems.slice(0, 50) })
}

const NOTHING: Properties = Object.freeze({})

function isObject(value: unknown): value is Properties {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function objectAt(value: unknown, path: string, problems: FieldError[]): Properties {
  if (isObject(value)) return value
  problems.push({ path, message: value === undefined ? 'is missing' : 'should be an object' })
  return NOTHING
}

/** A member of an object; of a missing one nothing more is said than that it is missing. */
function memberAt(parent: Properties, key: string, at: string, most: number, problems: FieldError[]): string {
  return parent === NOTHING ? '' : textAt(parent[key], `${at}.${key}`, most, problems)
}

function textAt(value: unknown, path: string, most: number, problems: FieldError[]): string {
  if (typeof value === 'string' && value.length > 0 && value.length <= most) return value
  problems.push({
    path,
    message: value === undefined ? 'is missing' : `should be a text of 1 to ${most} characters`,
  })
  return ''
}

function propertiesAt(value: unknown, path: string, problems: FieldError[]): Properties | undefined {
  if (value === undefined || value === null) return undefined
  return objectAt(value, path, problems)
}

function contextAt(value: unknown, path: string, problems: FieldError[]): Properties | undefined {
  const context = propertiesAt(value, path, problems)
  const organization = context?.['organization']
  if (organization !== undefined) textAt(organization, `${path}.organization`, MAX_NAME, problems)
  return context
}

function actionAt(value: unknown, path: string, problems: FieldError[]): { name: string } {
  return { name: memberAt(objectAt(value, path, problems), 'name', path, MAX_NAME, problems) }
}

function evaluationAt(
  own: Properties,
  defaults: Properties | undefined,
  at: string,
  problems: FieldError[],
): Evaluation {
  const subject = objectAt(own['subject'] ?? defaults?.['subject'], `${at}subject`, problems)
  const resource = objectAt(own['resource'] ?? defaults?.['resource'], `${at}resource`, problems)
  return {
    subject: {
      type: memberAt(subject, 'type', `${at}subject`, MAX_NAME, problems),
      id: memberAt(subject, 'id', `${at}subject`, MAX_SUBJECT, problems),
    },
    action: actionAt(own['action'] ?? defaults?.['action'], `${at}action`, problems),
    resource: {
      type: memberAt(resource, 'type', `${at}resource`, MAX_NAME, problems),
      id: memberAt(resource, 'id', `${at}resource`, MAX_ID, problems),
      properties: propertiesAt(resource['properties'], `${at}resource.properties`, problems),
    },
    context: contextAt(own['context'] ?? defaults?.['context'], `${at}context`, problems),
  }
}

function semanticOf(value: unknown, problems: FieldError[]): Semantic {
  const options = propertiesAt(value, 'options', problems)
  const semantic = options?.['evaluations_semantic'] ?? 'execute_all'
  if (semantics.includes(semantic as Semantic)) return semantic as Semantic
  problems.push({ path: 'options.evaluations_semantic', message: `should be one of ${semantics.join(', ')}` })
  return 'execute_all'
}

function pageAt(value: unknown, problems: FieldError[]): PageRequest {
  const page = propertiesAt(value, 'page', problems)
  const limit = page?.['limit'] ?? MAX_PAGE / 2
  const token = page?.['token'] ?? ''
  if (!Number.isSafeInteger(limit) || (limit as number) < 0) {
    problems.push({ path: 'page.limit', message: 'should be a whole number, 0 or more' })
  }
  if (typeof token !== 'string')
    problems.push({ path: 'page.token', message: 'should be next_token of the page before' })
  // Page size is ours to bound; a smaller page than asked for is answered with a next_token.
  return { limit: Math.min(Number(limit), MAX_PAGE), token: token === '' ? undefined : String(token) }
}

/** `context.candidates`: ids, or `{id, properties}`. */
function candidatesOf(context: Properties | undefined, problems: FieldError[]): Candidate[] | undefined {
  const given = context?.['candidates']
  if (given === undefined || given === null) return undefined
  if (!Array.isArray(given)) {
    problems.push({
      path: 'context.candidates',
      message: 'should be an array of ids, or of {id, properties}',
    })
    return undefined
  }
  if (given.length > MAX_CANDIDATES) throw errors.too_many({ maximum: MAX_CANDIDATES, sent: given.length })
  return given.map((each: unknown, i) => {
    const path = `context.candidates.${i}`
    if (typeof each === 'string') return { id: textAt(each, path, MAX_ID, problems), properties: undefined }
    const candidate = objectAt(each, path, problems)
    return {
      id: memberAt(candidate, 'id', path, MAX_ID, problems),
      properties: propertiesAt(candidate['properties'], `${path}.properties`, problems),
    }
  })
}
