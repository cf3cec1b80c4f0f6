/** Addresses that others know by heart, and where they are here. @module */
import type { FastifyInstance } from 'fastify'
import type { Services } from '#platform/context'

const TO: Readonly<Record<string, string>> = {
  // W3C, A Well-Known URL for Changing Passwords: password managers open it.
  '/.well-known/change-password': '/account/password',
  '/device': '/oidc/device',
}

/** Mounts them: redirects, and what password managers ask about passkeys (W3C, A Well-Known URL for Passkey Endpoints). */
export function mountElsewhere(http: FastifyInstance, { publicUrl }: Services): void {
  const schema = { hide: true }
  for (const [path, to] of Object.entries(TO))
    http.get(path, { schema }, async (_request, reply) => reply.redirect(to, 303))
  http.get('/.well-known/passkey-endpoints', { schema }, async () => ({
    enroll: `${publicUrl}/account/passkeys`,
    manage: `${publicUrl}/account`,
  }))
}
