import type { ApplicationDefinition } from '../definition.ts'

/** The till. */
export const pointOfSale: ApplicationDefinition = {
  name: 'pos',
  title: 'Point of Sale',
  port: 8502,
  entry: 'operate:pos',
  tasks: [
    { title: 'Ring up a sale', permission: 'operate:pos' },
    { title: 'Give money back', permission: 'refund:pos' },
    { title: 'Change products', permission: 'write:products' },
  ],
}
