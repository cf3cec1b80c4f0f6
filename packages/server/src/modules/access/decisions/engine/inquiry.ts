/**
 * One request's questions: whose organization, who is the subject, what is known of the resource, and the decision.
 * Every way to ask (evaluation, search, explain) goes through here, so all of them answer alike.
 *
 * @module
 */
import { type Decision, decide, type Question } from '@writ/policy'
import { addressKey } from '#people/identity'
import { owedBy } from '#people/sessions'
import { type Ctx, createCtx, type Principal } from '#platform/context'
import { AppError } from '#platform/errors'
import { fromWire, toWire, type Uuid } from '#platform/ids'
import { ANY, type Asked, type Properties, type Resource, type Subject } from '../model.ts'
import { asSubject } from './actor.ts'
import {
  assertedResource,
  declaredResource,
  isDescribed,
  type KnownResource,
  registeredResource,
  UNKNOWN_RESOURCE,
  unknownAttributes,
} from './attributes.ts'
import { type Elsewhere, type FactsQuestion, type FactsReader, type FactsRow, factsReader } from './facts.ts'
import {
  isSubjectType,
  type Party,
  type Place,
  standingOf,
  strangerAt,
  type Verdict,
  type VerdictReason,
} from './party.ts'

const NO_CONTEXT: Properties = Object.freeze({})

export class Inquiry {
  readonly #ctx: Ctx
  readonly #facts: FactsReader
  readonly #home: Principal['home']
  readonly #homePlace: Place
  readonly #parties = new Map<string, Promise<Party>>()
  readonly #places = new Map<Uuid, Promise<Place>>()

  constructor(ctx: Ctx) {
    this.#ctx = ctx
    this.#facts = factsReader(ctx.db)
    this.#home = (ctx.principal as Principal).home
    const { organizationId, slug, kind } = this.#home
    this.#homePlace = { ctx, organizationId, slug, isPlatform: kind === 'platform', policy: ctx.policy }
  }

  /** Where a question without a subject is asked. @throws `organizations.not_found` */
  async place(context: Properties | undefined): Promise<Place> {
    const key = this.#keyOf(context)
    if (key === null) return this.#homePlace
    return this.#placeOf(await this.#read({ organization: key }))
  }

  /** Who is asked about, and where. Asked once a subject and organization. @throws `organizations.not_found` */
  party(subject: Subject, context: Properties | undefined): Promise<Party> {
    const organization = this.#keyOf(context)
    const name = `${organization ?? ''}\n${subject.type}\n${subject.id}`
    let party = this.#parties.get(name)
    if (!party) {
      party = this.#findParty(subject, organization)
      this.#parties.set(name, party)
    }
    return party
  }

  /** A subject found by search. */
  async member(place: Place, userId: Uuid): Promise<Party> {
    return this.#partyOf(
      place,
      await this.#read({ organization: place.organizationId, user: userId }),
      undefined,
    )
  }

  /** Subject and resource of a question, read in the same statement. @throws `organizations.not_found` */
  ask(
    subject: Subject,
    resource: Resource,
    context: Properties | undefined,
  ): Promise<{ party: Party; known: KnownResource }> {
    if (isDescribed(declaredResource(this.#ctx.policy, resource.type)))
      return this.#askDescribed(subject, resource, context)
    return this.party(subject, context).then((party) => ({ party, known: UNKNOWN_RESOURCE }))
  }

  async #askDescribed(subject: Subject, resource: Resource, context: Properties | undefined) {
    // Only the token itself says which organization the platform's application means.
    if (subject.type === 'token' && this.#home.kind === 'platform') {
      const party = await this.party(subject, context)
      return { party, known: await this.resource(party.place.organizationId, resource) }
    }
    const [party, known] = await Promise.all([
      this.party(subject, context),
      this.resource(this.#keyOf(context), resource),
    ])
    return { party, known }
  }

  /** What may be looked at of a resource: the register's word, else the caller's. */
  async resource(organization: string | null, resource: Resource): Promise<KnownResource> {
    // An organization's overrides tighten settings; the types of resources are the same for all.
    const declared = declaredResource(this.#ctx.policy, resource.type)
    if (!isDescribed(declared)) return UNKNOWN_RESOURCE
    if (resource.id !== ANY) {
      const row = await this.#read({ organization, type: resource.type, resource: resource.id })
      if (row?.registered) return registeredResource(row.attributes, row.state)
    }
    return assertedResource(declared, resource.properties)
  }

  question(party: Party, asked: Asked, known: KnownResource): Question {
    const { type, id } = asked.resource
    return {
      ...(party.standing ? { subject: party.standing } : {}),
      action: asked.action.name,
      resource: {
        type,
        ...(id === ANY ? {} : { id }),
        ...(known.attributes === undefined ? {} : { attributes: known.attributes }),
        ...(known.state === undefined ? {} : { state: known.state }),
      },
      organization: party.place.organizationId,
      platform: party.place.isPlatform,
      context: asked.context ?? NO_CONTEXT,
      now: this.#ctx.now(),
    }
  }

  /** The decision. Pure: everything it needs has been read. */
  judge(party: Party, asked: Asked, known: KnownResource): Verdict {
    const decision = decide(party.place.policy, this.question(party, asked, known))
    const reason = reasonOf(decision, party, asked, known)
    if (reason === 'wrong_attribute_type')
      return { allowed: false, reason, decision, known, problem: known.problem }
    const problem =
      reason === 'error' ? unknownAttributes(party.place.policy, asked.resource, known) : undefined
    return { allowed: reason === 'allowed', reason, decision, known, problem }
  }

  #keyOf(context: Properties | undefined): string | null {
    const named = context?.['organization']
    if (typeof named !== 'string' || named === this.#home.slug) return null
    const id = fromWire('org', named)
    return id === this.#home.organizationId ? null : (id ?? named)
  }

  /** Without `async`, for which a request of many questions would pay with a promise more for each. */
  #findParty(subject: Subject, organization: string | null): Promise<Party> {
    if (subject.type === 'token') return this.#bearer(subject.id, organization)
    if (subject.type !== 'user') return this.#nobody(organization)
    const userId = fromWire('usr', subject.id)
    const { actor, principal } = this.#ctx
    if (organization === null && userId !== undefined && actor.kind === 'user' && actor.userId === userId) {
      return Promise.resolve(this.#principalAt(principal as Principal, this.#homePlace))
    }
    const address = userId === undefined && subject.id.includes('@') ? addressKey(subject.id) : undefined
    if (userId === undefined && address === undefined && organization === null)
      return Promise.resolve(strangerAt(this.#homePlace, subject.id))
    return this.#read({ organization, user: userId, address }).then((row) => {
      const place = this.#placeOf(row)
      if (!(place instanceof Promise)) return this.#partyOf(place, row, subject.id)
      return place.then((found) => this.#partyOf(found, row, subject.id))
    })
  }

  /** The bearer that an application received. It belongs to one organization and is worth nothing in another (unless its holder is the platform's staff). */
  async #bearer(bearer: string, organization: string | null): Promise<Party> {
    const { ports } = this.#ctx.services
    const principal =
      (await ports.principalOfBearer(bearer, this.#ctx.now())) ??
      (await ports.principalOfApplicationToken(bearer))
    if (principal?.actor.kind !== 'user') return this.#nobody(organization)
    const isPlatforms = this.#home.kind === 'platform' && this.#ctx.actor.kind === 'application'
    const asked = organization ?? (isPlatforms ? principal.home.organizationId : null)
    const row = await this.#read({ organization: asked, user: principal.actor.userId })
    const place = await this.#placeOf(row)
    // Whose it is, and what they are elsewhere, is not for this organization: the token is like one nobody issued.
    if (!this.#isOfPlace(principal, place)) return this.#nobody(organization)
    const party = this.#principalAt(principal, place)
    return row?.user_id ? { ...party, person: { email: row.email, name: row.name } } : party
  }

  #isOfPlace({ home }: Principal, place: Place): boolean {
    if (home.organizationId === place.organizationId) return true
    return home.kind === 'platform' && place.policy.platformDirect
  }

  /** Somebody who is signed in: their standing is that of their own credential, as on Writ's own routes. */
  #principalAt(principal: Principal, place: Place): Party {
    const userId = principal.actor.kind === 'user' ? principal.actor.userId : undefined
    const { actor } = this.#ctx
    return {
      place,
      standing: principal.standing && asSubject(principal.standing),
      userId,
      isSelf: actor.kind === 'user' && actor.userId === userId,
      owes: principal.owes,
      person: undefined,
    }
  }

  #partyOf(place: Place, row: FactsRow | undefined, spelled: string | undefined): Party {
    if (!row || row.user_id === null) return strangerAt(place, spelled ?? '')
    const { actor, principal } = this.#ctx
    if (actor.kind === 'user' && actor.userId === row.user_id && principal)
      return this.#principalAt(principal, place)
    const id = spelled?.startsWith('usr_') ? spelled : toWire('usr', row.user_id)
    const now = this.#ctx.now()
    const standing = standingOf(row, id, now)
    return {
      place,
      standing,
      userId: row.user_id,
      isSelf: false,
      owes: owedBy(place.policy, standing, debtsOf(row), now),
      person: undefined,
    }
  }

  async #nobody(organization: string | null): Promise<Party> {
    const place =
      organization === null ? this.#homePlace : await this.#placeOf(await this.#read({ organization }))
    return {
      place,
      standing: undefined,
      userId: undefined,
      isSelf: false,
      owes: undefined,
      person: undefined,
    }
  }

  #placeOf(row: FactsRow | undefined): Promise<Place> | Place {
    if (!row || (row.elsewhere && !this.#reachesOthers()))
      throw new AppError('organizations.not_found', [404, 'Organization not found.'])
    if (!row.elsewhere) return this.#homePlace
    let place = this.#places.get(row.elsewhere.id)
    if (!place) {
      place = this.#placeElsewhere(row.elsewhere)
      this.#places.set(row.elsewhere.id, place)
    }
    return place
  }

  /** Like the gate of the routes: another organization is reached by the platform's applications, and by its staff where the policy says `direct`. */
  #reachesOthers(): boolean {
    return this.#ctx.actor.kind === 'application' || this.#ctx.policy.platformDirect
  }

  async #placeElsewhere({ id, slug, kind, overrides, policyVersionId }: Elsewhere): Promise<Place> {
    const { services, requestId, client, actor, principal } = this.#ctx
    const policy =
      policyVersionId === null
        ? this.#ctx.policy
        : await services.ports.policies.effective(policyVersionId, overrides)
    const ctx = createCtx(services, { requestId, client, actor, organizationId: id, principal, policy })
    return { ctx, organizationId: id, slug, isPlatform: kind === 'platform', policy }
  }

  #read({ organization, user, address, type, resource }: About): Promise<FactsRow | undefined> {
    return this.#facts.ask({
      scope: this.#home.organizationId,
      organization: organization ?? null,
      user: user ?? null,
      address: address ?? null,
      type: type ?? null,
      resource: resource ?? null,
    })
  }
}

/** What a question of facts names; the rest is null. */
type About = { readonly [Field in Exclude<keyof FactsQuestion, 'scope'>]?: string | null | undefined }

/** What stands before the policy's own reasons, and what would have made an error of it. */
function reasonOf(decision: Decision, party: Party, asked: Asked, known: KnownResource): VerdictReason {
  if (!isSubjectType(asked.subject.type)) return 'unknown_subject_type'
  if (!decision.allowed && decision.reason !== 'error') return decision.reason
  if (known.problem) return 'wrong_attribute_type'
  return party.owes === undefined ? decision.reason : `${party.owes}_required`
}

/** A name is the person's own affair: an application that asks about somebody else is not told that it is missing. */
function debtsOf(row: FactsRow) {
  return { mustChangePassword: row.must_change_password, emailVerified: row.email_verified, hasName: true }
}
