/** The first page of a sign-in. @module */
import { form, passwordField, refusalNotice, textField } from '../pages/form.ts'
import { html } from '../pages/html.ts'
import type { Answer, Visit } from '../pages/screen.ts'
import { carried, carrying } from './going-on.ts'

/** The first page of a sign-in. Of a later step that is no longer open it says so. */
export function signInPage(visit: Visit): Answer {
  const { words } = visit
  const { methods } = visit.ctx.policy.policy.authentication
  const takesPassword = methods.includes('password')
  const takesPasskey = methods.includes('passkey')
  return {
    title: words.signIn.title,
    body: html`${refusalNotice(visit)}${takesPassword ? passwordForm(visit) : ''}${
      takesPassword && takesPasskey
        ? html`<div class="or" data-needs-script hidden>${words.signIn.or}</div>`
        : ''
    }${
      takesPasskey
        ? html`<div data-needs-script hidden>${form({
            action: '/sign-in/passkey',
            hidden: carried(visit),
            submit: words.signIn.passkey,
            kind: takesPassword ? 'secondary' : 'primary',
          })}</div>${takesPassword ? '' : html`<noscript><p>${words.shell.needsScript}</p></noscript>`}`
        : ''
    }${links(visit)}`,
  }
}

function passwordForm(visit: Visit) {
  const { words } = visit
  return form({
    action: '/sign-in',
    hidden: carried(visit),
    fields: html`${textField(visit, {
      name: 'email',
      type: 'email',
      label: words.signIn.email,
      autocomplete: 'username',
      isFirst: true,
    })}${passwordField(visit, {
      name: 'password',
      label: words.signIn.password,
      autocomplete: 'current-password',
    })}`,
    submit: words.signIn.submit,
  })
}

function links(visit: Visit) {
  const { words } = visit
  const { authentication, provisioning } = visit.ctx.policy.policy
  return html`<ul class="links">${
    authentication.methods.includes('password')
      ? html`<li><a href="${carrying(visit, '/forgot')}">${words.signIn.forgot}</a></li>`
      : ''
  }${
    provisioning.selfRegister.length > 0
      ? html`<li><a href="${carrying(visit, '/register')}">${words.signIn.register}</a></li>`
      : ''
  }</ul>`
}
