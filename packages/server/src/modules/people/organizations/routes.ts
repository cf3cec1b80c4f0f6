/** @module */
import type { Route } from '#platform/http'
import { memberStandingRoutes } from './routes/member-standing.ts'
import { memberRoutes } from './routes/members.ts'
import { allOrganizationsRoutes, oneOrganizationRoutes } from './routes/organizations.ts'

export const organizationRoutes: readonly Route[] = [
  ...allOrganizationsRoutes,
  ...oneOrganizationRoutes,
  ...memberRoutes,
  ...memberStandingRoutes,
]
