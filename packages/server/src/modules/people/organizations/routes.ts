/** @module */
import type { Route } from '#platform/http'
import { memberRoutes } from './routes/members.ts'
import { allOrganizationsRoutes, oneOrganizationRoutes } from './routes/organizations.ts'

export const organizationRoutes: readonly Route[] = [
  ...allOrganizationsRoutes,
  ...oneOrganizationRoutes,
  ...memberRoutes,
]
