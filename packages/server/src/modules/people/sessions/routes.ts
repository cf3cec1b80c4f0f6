/** @module */
import type { Route } from '#platform/http'
import { ownRoutes } from './routes/own.ts'
import { signInRoutes } from './routes/sign-in.ts'

export const sessionRoutes: readonly Route[] = [...signInRoutes, ...ownRoutes]
