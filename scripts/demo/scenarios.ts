/** The four policies as the demo walks them: who is who, and what their document says of it. @module */

export interface Scenario {
  /** Holds the policy's owner role. */
  readonly owner: { readonly name: string; readonly role: string }
  /** Begins with `from` and is given `to`. */
  readonly member: { readonly name: string; readonly from: string; readonly to: string }
  /** What `from` may do. */
  readonly allowed: string
  /** What only `to` may do. */
  readonly denied: string
  /** The same two as addresses of the example application; absent: they are asked of the decision API. */
  readonly example?: {
    readonly allowed: readonly [string, string]
    readonly denied: readonly [string, string, object]
  }
  /** The six applications behind one sign-on are walked through. */
  readonly signOn?: true
}

export const scenarios: Readonly<Record<string, Scenario>> = {
  'sales-agent': {
    owner: { name: 'Ada', role: 'admin' },
    member: { name: 'Ben', from: 'user', to: 'manager' },
    allowed: 'read:leads',
    denied: 'write:campaigns',
    example: { allowed: ['GET', '/leads'], denied: ['POST', '/campaigns', { title: 'Spring' }] },
  },
  prosaas: {
    owner: { name: 'Ada', role: 'owner' },
    member: { name: 'Ben', from: 'agent', to: 'admin' },
    allowed: 'access:crm',
    denied: 'configure:business',
  },
  'business-manager': {
    owner: { name: 'Ada', role: 'tenant_admin' },
    member: { name: 'Ben', from: 'staff', to: 'accountant' },
    allowed: 'operate:pos',
    denied: 'read:financial-reports',
    signOn: true,
  },
  'flask-track': {
    owner: { name: 'Ada', role: 'owner' },
    member: { name: 'Ben', from: 'viewer', to: 'scientist' },
    allowed: 'read:records',
    denied: 'create:records',
  },
}
