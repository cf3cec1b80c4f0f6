import type { ApplicationDefinition } from '../definition.ts'

/** Kitchen and tables. */
export const restaurant: ApplicationDefinition = {
  name: 'restaurant',
  title: 'Restaurant',
  port: 8504,
  entry: 'operate:restaurant',
  tasks: [
    { title: 'Run the kitchen', permission: 'operate:restaurant' },
    { title: 'Change the menu', permission: 'manage:restaurant' },
    { title: 'Take an order through', permission: 'process:orders' },
  ],
}
