/** Routes of second factors, in the order a person meets them. @module */
import type { Route } from '#platform/http'
import { memberFactorRoutes } from './routes/members.ts'
import { ownFactorRoutes } from './routes/own.ts'
import { passkeyRoutes } from './routes/passkeys.ts'

export const factorRoutes: readonly Route[] = [...ownFactorRoutes, ...passkeyRoutes, ...memberFactorRoutes]
