/** @module */
import type { Route } from '#platform/http'
import { inviteRoutes } from './routes/invites.ts'
import { joiningRoutes } from './routes/joining.ts'

export const inviteAndJoiningRoutes: readonly Route[] = [...inviteRoutes, ...joiningRoutes]
