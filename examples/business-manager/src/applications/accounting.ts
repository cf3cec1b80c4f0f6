import type { ApplicationDefinition } from '../definition.ts'

/** The books. */
export const accounting: ApplicationDefinition = {
  name: 'accounting',
  title: 'Accounting',
  port: 8506,
  entry: 'read:transactions',
  tasks: [
    { title: 'Read the transactions', permission: 'read:transactions' },
    { title: 'Post a transaction', permission: 'write:transactions' },
    { title: 'Export the financial reports', permission: 'export:financial-reports' },
  ],
}
