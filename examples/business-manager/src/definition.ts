/** What an application is, and what its pages are made from. @module */

/** Something that can be done in an application. */
export interface Task {
  readonly title: string
  /** `action:resource`, as the policy writes it. */
  readonly permission: string
  /** It is about a thing of the person's own, such as their own orders. */
  readonly own?: true
}

export interface ApplicationDefinition {
  /** As the policy calls it; also the name of its cookie. */
  readonly name: string
  readonly title: string
  readonly port: number
  /** Of the tasks, the permission without which the application is closed to somebody. */
  readonly entry: string
  readonly tasks: readonly Task[]
}

export interface ApplicationOptions {
  /** Where Writ is, such as `https://access.example.com`. */
  readonly writUrl: string
  /** Credential by which the applications ask for decisions. */
  readonly writKey: string
  readonly clientId: string
  readonly clientSecret: string
  readonly url: string
  /** All six, for the links. */
  readonly neighbours: readonly { readonly title: string; readonly url: string }[]
}

export interface Answer {
  readonly task: Task
  readonly allowed: boolean
  readonly reason: string
}

/** Who looks at a page. */
export interface Person {
  readonly id: string
  readonly name: string
  readonly email: string
  readonly organization: string
  readonly roles: readonly string[]
}

/** What a page is made from beside the person and the answers. */
export interface Place
  extends ApplicationDefinition,
    Pick<ApplicationOptions, 'writUrl' | 'url' | 'neighbours'> {}
