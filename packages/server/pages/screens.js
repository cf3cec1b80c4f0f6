// Passkeys, and two comforts. All else on these pages works without this file.
for (const element of document.querySelectorAll('[data-needs-script]')) element.hidden = false

for (const button of document.querySelectorAll('[data-print]'))
  button.addEventListener('click', () => window.print())

for (const form of document.querySelectorAll('form[data-passkey]')) preparePasskey(form)

/** The answer goes back as any other form does; nothing is fetched. */
function preparePasskey(form) {
  const notice = form.querySelector('[data-notice]')
  const button = form.querySelector('button')
  const say = (sentence) => {
    notice.textContent = sentence
    notice.hidden = false
  }
  if (!window.PublicKeyCredential || !navigator.credentials) {
    say(form.dataset.unsupported)
    button.disabled = true
    return
  }
  let isAsking = false
  const ask = async ({ isAsked }) => {
    if (isAsking) return
    isAsking = true
    try {
      const options = JSON.parse(form.dataset.options)
      const credential =
        form.dataset.passkey === 'create'
          ? await navigator.credentials.create({ publicKey: forCreation(options) })
          : await navigator.credentials.get({ publicKey: forRequest(options) })
      form.elements.passkey.value = JSON.stringify(asJson(credential))
      form.submit()
    } catch {
      // A browser that wants a press of the button first is no failure; a person who pressed is told.
      if (isAsked) say(form.dataset.failed)
    } finally {
      isAsking = false
    }
  }
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    void ask({ isAsked: true })
  })
  if (form.dataset.passkey === 'get') void ask({ isAsked: false })
}

// WebAuthn Level 3, sections 5.1.8 to 5.1.10, for browsers that lack the JSON functions.
function forRequest(options) {
  return {
    ...options,
    challenge: bytes(options.challenge),
    allowCredentials: (options.allowCredentials ?? []).map((each) => ({ ...each, id: bytes(each.id) })),
  }
}

function forCreation(options) {
  return {
    ...options,
    challenge: bytes(options.challenge),
    user: { ...options.user, id: bytes(options.user.id) },
    excludeCredentials: (options.excludeCredentials ?? []).map((each) => ({ ...each, id: bytes(each.id) })),
  }
}

function asJson({ id, rawId, type, response }) {
  const parts = {}
  for (const name of ['clientDataJSON', 'attestationObject', 'authenticatorData', 'signature', 'userHandle'])
    if (response[name]) parts[name] = base64url(response[name])
  if (response.getTransports) parts.transports = response.getTransports()
  return { id, rawId: base64url(rawId), type, response: parts, clientExtensionResults: {} }
}

function bytes(text) {
  const binary = atob(text.replace(/-/g, '+').replace(/_/g, '/'))
  return Uint8Array.from(binary, (character) => character.charCodeAt(0))
}

function base64url(buffer) {
  const binary = Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join('')
  return btoa(binary).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '')
}
