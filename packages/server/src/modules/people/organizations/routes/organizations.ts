/** Routes of organizations: all of them, and the one of a request. @module */
import { z } from 'zod'
import { type Route, route } from '#platform/http'
import { bodyId, pathId, toWire } from '#platform/ids'
import { pageOf, pageQuery, pageSchema, toPage } from '#platform/pages'
import { changeOrganization } from '../commands/change-organization.ts'
import { createOrganization } from '../commands/create-organization.ts'
import { spendSetup } from '../commands/spend-setup.ts'
import { activateOrganization, suspendOrganization } from '../commands/suspend-organization.ts'
import { transferOwnership } from '../commands/transfer-ownership.ts'
import type { Organization } from '../model.ts'
import { getOverview, type ListedOrganization, listOrganizations } from '../queries/organizations.ts'
import {
  emailField,
  nameField,
  organizationNameField,
  organizationParams,
  passwordField,
  personFields,
  settingsChange,
  settingsShape,
  slugField,
} from './fields.ts'

const tag = 'Organizations'
const one = '/organizations/:organization'

const organizationShape = z.object({
  id: z.string(),
  slug: z.string(),
  name: z.string(),
  kind: z.string(),
  status: z.string(),
  settings: settingsShape,
  createdAt: z.string(),
  updatedAt: z.string(),
})

const listedShape = z.object({
  id: z.string(),
  slug: z.string(),
  name: z.string(),
  status: z.string(),
  membership: z.object({ id: z.string(), status: z.string() }).nullable().describe("The caller's own"),
  members: z.number().nullable().describe('Active members, for those who see all organizations'),
})

function organizationView(organization: Organization): z.input<typeof organizationShape> {
  const { id, slug, name, kind, status, settings, createdAt, updatedAt } = organization
  const times = { createdAt: createdAt.toISOString(), updatedAt: updatedAt.toISOString() }
  return { id: toWire('org', id), slug, name, kind, status, settings, ...times }
}

function listedView({ id, membership, members, ...rest }: ListedOrganization): z.input<typeof listedShape> {
  const own = membership ? { id: toWire('mem', membership.id), status: membership.status } : null
  return {
    id: toWire('org', id),
    slug: rest.slug,
    name: rest.name,
    status: rest.status,
    membership: own,
    members: members ?? null,
  }
}

const platformParams = z.object({ id: pathId('org') })

export const allOrganizationsRoutes: readonly Route[] = [
  route({
    method: 'POST',
    path: '/setup',
    summary: 'Create the first organization and its owner, with the one-time token of the set-up link',
    tag,
    access: 'anyone',
    body: z.strictObject({
      token: z.string().min(1).max(200),
      organization: z.strictObject({ name: organizationNameField, slug: slugField }),
      owner: z.strictObject({ email: emailField, name: nameField.default(''), password: passwordField }),
    }),
    status: 201,
    response: organizationShape,
    async handle(ctx, { body }) {
      return organizationView(await spendSetup(ctx, body.token, body.organization, body.owner))
    },
  }),
  route({
    method: 'GET',
    path: '/organizations',
    summary: "Your organizations; all of them for the platform's staff who may see them",
    tag,
    access: 'member',
    query: z.strictObject(pageQuery('org')),
    response: pageSchema(listedShape),
    async handle(ctx, { query }) {
      const page = pageOf('org', query)
      return toPage('org', page, await listOrganizations(ctx, page), listedView)
    },
  }),
  route({
    method: 'POST',
    path: '/organizations',
    summary: 'Create an organization with its first owner (platform)',
    tag,
    access: 'member',
    body: z.strictObject({
      name: organizationNameField,
      slug: slugField,
      owner: z.strictObject(personFields),
    }),
    status: 201,
    response: organizationShape.extend({
      owner: z.object({ id: z.string(), userId: z.string() }),
      temporaryPassword: z
        .string()
        .nullable()
        .describe("The owner's, shown this once; null where the account existed"),
    }),
    async handle(ctx, { body: { owner: person, ...facts } }) {
      const { organization, owner, temporaryPassword } = await createOrganization(ctx, facts, person)
      return {
        ...organizationView(organization),
        owner: { id: toWire('mem', owner.id), userId: toWire('usr', owner.userId) },
        temporaryPassword: temporaryPassword ?? null,
      }
    },
  }),
  route({
    method: 'POST',
    path: '/platform/organizations/:id/suspend',
    summary: 'Suspend an organization: nobody but the platform reaches it (platform)',
    tag,
    access: 'member',
    params: platformParams,
    async handle(ctx, { params }) {
      await suspendOrganization(ctx, params.id)
    },
  }),
  route({
    method: 'POST',
    path: '/platform/organizations/:id/activate',
    summary: 'Restore a suspended organization (platform)',
    tag,
    access: 'member',
    params: platformParams,
    async handle(ctx, { params }) {
      await activateOrganization(ctx, params.id)
    },
  }),
]

export const oneOrganizationRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: one,
    summary: 'The organization: settings, and its members in numbers',
    tag,
    access: 'member',
    params: organizationParams,
    response: organizationShape.extend({
      members: z.object({ active: z.number(), deactivated: z.number(), owners: z.number() }),
    }),
    async handle(ctx) {
      const { counts, ...organization } = await getOverview(ctx)
      return { ...organizationView(organization), members: counts }
    },
  }),
  route({
    method: 'PATCH',
    path: one,
    summary: 'Change name, slug or settings of the organization',
    tag,
    access: 'member',
    params: organizationParams,
    body: z.strictObject({
      name: organizationNameField.optional(),
      slug: slugField.optional(),
      settings: settingsChange.optional(),
    }),
    response: organizationShape,
    async handle(ctx, { body }) {
      return organizationView(await changeOrganization(ctx, body))
    },
  }),
  route({
    method: 'POST',
    path: `${one}/transfer-ownership`,
    summary: 'Hand the ownership to another member; you cease to be an owner',
    tag,
    access: 'member',
    params: organizationParams,
    body: z.strictObject({ member: bodyId('mem') }),
    response: z.object({ newOwner: z.array(z.string()), formerOwner: z.array(z.string()) }),
    async handle(ctx, { body }) {
      const { newOwner, formerOwner } = await transferOwnership(ctx, body.member)
      return { newOwner: [...newOwner], formerOwner: [...formerOwner] }
    },
  }),
]
