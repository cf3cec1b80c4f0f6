import type { ApplicationDefinition } from '../definition.ts'

/** The shop for end consumers and farm members. */
export const storefront: ApplicationDefinition = {
  name: 'storefront',
  title: 'Storefront',
  port: 8505,
  entry: 'browse:storefront',
  tasks: [
    { title: 'Look around', permission: 'browse:storefront' },
    { title: 'Buy', permission: 'purchase:storefront' },
    { title: 'See your own orders', permission: 'read:orders', own: true },
    { title: 'Change your own profile', permission: 'update:profiles', own: true },
  ],
}
