/**
 * Who may, on what, and what may they do (AuthZEN 1.0 section 8). Every result is the outcome of the same decision
 * that an evaluation makes, so a search and an evaluation cannot disagree.
 *
 * @module
 */
import type { Ctx } from '#platform/context'
import { toWire, type Uuid } from '#platform/ids'
import { errors, permissions } from '../catalog.ts'
import { type KnownResource, registeredResource } from '../engine/attributes.ts'
import { Inquiry } from '../engine/inquiry.ts'
import { type Start, startOf, tokenFrom } from '../engine/page-token.ts'
import { isSubjectType, type Party, type Place } from '../engine/party.ts'
import { recordSearch } from '../engine/record.ts'
import { type Candidate, malformed, type Search, type Subject } from '../model.ts'
import { type RegisteredResource, resourcesAfter, subjectsAfter } from './register.ts'

export interface Page<T> {
  readonly page: { readonly next_token: string; readonly count: number }
  readonly results: readonly T[]
}

/** Looked at in one request; a page that found less before says where to go on. */
const MAX_SCAN = 1_000
const STEP = 200

/**
 * The users who may do `action` on `resource`: members of the organization and, where the policy lets them act
 * directly, the platform's staff.
 *
 * @throws `forbidden` without `search:decisions`; `decisions.unknown_resource_type`, `organizations.not_found`
 */
export async function searchSubjects(ctx: Ctx, search: Search): Promise<Page<{ type: string; id: string }>> {
  if (search.subject.type !== 'user')
    throw malformed('subject.type', 'should be "user": only users can be searched')
  const inquiry = new Inquiry(ctx)
  const place = await inquiry.place(search.context)
  await place.ctx.authorize(permissions.search)
  requireKnownType(place, search.resource.type)
  const action = search.action!
  const resource = { ...search.resource, id: search.resource.id! }
  const asked = { ...search, action, resource }
  const known = await inquiry.resource(place.organizationId, resource)
  const page = await scan(ctx, search, {
    after: (start) => subjectsAfter(ctx, place, start, STEP),
    keep: async (ids) => {
      const parties = await Promise.all(ids.map((id) => inquiry.member(place, id)))
      return ids.filter((_, i) => inquiry.judge(parties[i]!, asked, known).allowed)
    },
    keyOf: (id: Uuid) => id,
    view: (id) => ({ type: 'user', id: toWire('usr', id) }),
  })
  await recordSearch(place.ctx, 'subject', {
    action: action.name,
    resourceType: resource.type,
    found: page.results.length,
  })
  return page
}

/**
 * The registered resources of a type on which the subject may do `action`; or, of the ids that the caller sends as
 * `context.candidates`, those.
 *
 * @throws `decisions.candidates_needed` when nothing of this type is registered and no candidates came: an empty
 *   list would look like an answer
 * @throws `forbidden`, `decisions.unknown_resource_type`, `organizations.not_found`
 */
export async function searchResources(ctx: Ctx, search: Search): Promise<Page<{ type: string; id: string }>> {
  const inquiry = new Inquiry(ctx)
  const party = await partyOf(inquiry, search)
  const { place } = party
  requireKnownType(place, search.resource.type)
  const { type } = search.resource
  const judge: Judge = (id, known) =>
    inquiry.judge(party, { ...search, action: search.action!, resource: { type, id } }, known).allowed
  const candidates = search.candidates ?? (type === ROLE.type ? roleNames(place) : undefined)
  const page = candidates
    ? await scan(ctx, search, amongCandidates(inquiry, place, type, candidates, judge))
    : await scan(ctx, search, amongRegistered(ctx, place, type, judge))
  await recordSearch(place.ctx, 'resource', searchFacts(search, party, page.results.length))
  return page
}

type Judge = (id: string, known: KnownResource) => boolean
type Found = { type: string; id: string }

function amongRegistered(
  ctx: Ctx,
  place: Place,
  type: string,
  judge: Judge,
): Scanned<RegisteredResource, Found> {
  return {
    async after(start) {
      const found = await resourcesAfter(ctx, place.organizationId, type, start, STEP)
      if (found.length === 0 && start === null) throw errors.candidates_needed({ resourceType: type })
      return found
    },
    keep: async (some) =>
      some.filter(({ id, attributes, state }) => judge(id, registeredResource(attributes, state))),
    keyOf: ({ id }) => id,
    view: ({ id }) => ({ type, id }),
  }
}

/** In the order they were sent; the key is the position of the one after. */
function amongCandidates(
  inquiry: Inquiry,
  place: Place,
  type: string,
  candidates: readonly Candidate[],
  judge: Judge,
): Scanned<Candidate & { next: number }, Found> {
  return {
    async after(start) {
      const from = Number(start ?? 0)
      return candidates.slice(from, from + STEP).map((candidate, i) => ({ ...candidate, next: from + i + 1 }))
    },
    async keep(some) {
      const known = await Promise.all(
        some.map((candidate) => inquiry.resource(place.organizationId, { type, ...candidate })),
      )
      return some.filter(({ id }, i) => judge(id, known[i]!))
    },
    keyOf: ({ next }) => String(next),
    view: ({ id }) => ({ type, id }),
  }
}

/**
 * The actions that the subject may do on the resource.
 *
 * @throws `forbidden`, `decisions.unknown_resource_type`, `organizations.not_found`
 */
export async function searchActions(ctx: Ctx, search: Search): Promise<Page<{ name: string }>> {
  const inquiry = new Inquiry(ctx)
  const party = await partyOf(inquiry, search)
  const { place } = party
  requireKnownType(place, search.resource.type)
  const resource = { ...search.resource, id: search.resource.id! }
  const known = await inquiry.resource(place.organizationId, resource)
  const actions = actionsOn(place, resource.type)
  const page = await scan(ctx, search, {
    after: async (start) => actions.slice(start === null ? 0 : actions.indexOf(start) + 1),
    keep: async (some) =>
      some.filter(
        (action) => inquiry.judge(party, { ...search, action: { name: action }, resource }, known).allowed,
      ),
    keyOf: (action) => action,
    view: (name) => ({ name }),
  })
  await recordSearch(place.ctx, 'action', searchFacts(search, party, page.results.length))
  return page
}

/** The subject of a search for resources or actions. Asking about oneself needs no permission. */
async function partyOf(inquiry: Inquiry, search: Search): Promise<Party> {
  const subject: Subject = { type: search.subject.type, id: search.subject.id! }
  if (!isSubjectType(subject.type)) throw malformed('subject.type', 'should be "user" or "token"')
  const party = await inquiry.party(subject, search.context)
  if (!party.isSelf) await party.place.ctx.authorize(permissions.search)
  return party
}

/** A role is asked about like a resource that its name identifies (`hold` of type `role`), by guards by role. */
const ROLE = { type: 'role', action: 'hold' }

function requireKnownType({ policy }: Place, type: string): void {
  if (policy.lookup.has(type) || type === ROLE.type) return
  throw errors.unknown_resource_type({ resourceType: type, known: [...policy.lookup.keys()] })
}

function roleNames({ policy }: Place): Candidate[] {
  return policy.policy.roles.map(({ name }) => ({ id: name, properties: undefined }))
}

function actionsOn({ policy }: Place, type: string): string[] {
  const actions = policy.permissions.flatMap(({ resource, action }) => (resource === type ? [action] : []))
  return type === ROLE.type && !actions.includes(ROLE.action) ? [...actions, ROLE.action] : actions
}

function searchFacts(search: Search, party: Party, found: number): Record<string, unknown> {
  return {
    resourceType: search.resource.type,
    ...(search.action ? { action: search.action.name } : {}),
    ...(party.userId === undefined ? {} : { subject: `user:${party.userId}` }),
    found,
  }
}

interface Scanned<T, V> {
  /** The things after a key, in a stable order; none when there are no more. */
  after(start: Start): Promise<readonly T[]>
  /** Those that may. */
  keep(some: readonly T[]): Promise<readonly T[]>
  keyOf(thing: T): string
  view(thing: T): V
}

/** Looks at things in order until the page is full, nothing is left, or enough was looked at for one request. */
async function scan<T, V>(
  ctx: Ctx,
  search: Search,
  { after, keep, keyOf, view }: Scanned<T, V>,
): Promise<Page<V>> {
  const { limit } = search.page
  const results: V[] = []
  let start = startOf(ctx, search)
  let scanned = 0
  for (;;) {
    const some = await after(start)
    if (some.length === 0) return pageOf(results, '')
    const kept = new Set(await keep(some))
    for (const thing of some) {
      if (kept.has(thing)) {
        // Only what would not fit proves that there is another page.
        if (results.length >= limit) return pageOf(results, tokenFrom(ctx, search, start))
        results.push(view(thing))
      }
      start = keyOf(thing)
    }
    scanned += some.length
    if (scanned >= MAX_SCAN) return pageOf(results, tokenFrom(ctx, search, start))
  }
}

function pageOf<V>(results: V[], nextToken: string): Page<V> {
  return { page: { next_token: nextToken, count: results.length }, results }
}
