import type { ApplicationDefinition } from '../definition.ts'

/** Accounts, reports and the configuration of the tenant. */
export const backOffice: ApplicationDefinition = {
  name: 'back-office',
  title: 'Back Office',
  port: 8501,
  entry: 'read:members',
  tasks: [
    { title: 'Look up members', permission: 'read:members' },
    { title: 'Change customer data', permission: 'write:customers' },
    { title: 'Read security reports', permission: 'read:security-reports' },
    { title: 'Change the configuration', permission: 'update:tenant-configuration' },
  ],
}
