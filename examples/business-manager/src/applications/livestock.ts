import type { ApplicationDefinition } from '../definition.ts'

/** The herd book. */
export const livestock: ApplicationDefinition = {
  name: 'livestock',
  title: 'Livestock',
  port: 8503,
  entry: 'read:livestock',
  tasks: [
    { title: 'See the herd', permission: 'read:livestock' },
    { title: 'Enter a birth', permission: 'write:livestock' },
  ],
}
