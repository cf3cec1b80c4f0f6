/** Everything this module can say. @module */
import { defineEvents } from '#platform/catalog'
import { defineErrors } from '#platform/errors'

export const errors = defineErrors('forward_auth', {
  untrusted_proxy: [
    403,
    'Only a reverse proxy asks this: one on this machine, or at an address that WRIT_TRUSTED_PROXIES names.',
  ],
  unclear_host: [
    403,
    'Which host is meant cannot be told. The proxy sends X-Original-URL, or X-Forwarded-Proto and X-Forwarded-Host, and where it sends both they name the same host.',
  ],
  unknown_host: [
    403,
    'This host is not registered. The operator registers it by its exact origin: writ admin create-forward-host https://wiki.example.com',
  ],
  invalid_code: [
    403,
    'This way in was used already, took longer than a minute, or began in another browser. Open the page you wanted again.',
  ],
  already_registered: [409, 'This host is registered already.'],
  not_found: [404, 'No such host is registered.'],
})

export const events = defineEvents('forward_auth', {
  host_registered: 'A host was registered: its proxy may ask who a request is from.',
  host_removed: 'A host was removed: its cookies are worth nothing.',
  admitted: 'A browser was given the cookie of a host, for the session it has here.',
})
