/** @module */
import type { Route } from '#platform/http'
import { documentRoutes } from './routes/document.ts'
import { roleRoutes } from './routes/roles.ts'
import { settingRoutes } from './routes/settings.ts'

export const policyRoutes: readonly Route[] = [...documentRoutes, ...roleRoutes, ...settingRoutes]
