/** @module */
import type { Route } from '#platform/http'
import { memberSessionRoutes } from './routes/members.ts'
import { ownRoutes } from './routes/own.ts'
import { signInRoutes } from './routes/sign-in.ts'
import { signedInRoutes } from './routes/signed-in.ts'

export const sessionRoutes: readonly Route[] = [
  ...signInRoutes,
  ...signedInRoutes,
  ...ownRoutes,
  ...memberSessionRoutes,
]
