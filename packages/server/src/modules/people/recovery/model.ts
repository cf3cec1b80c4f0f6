/** How often strangers may cause a mail to an address. Pure. @module */

/** Of one purpose to one address. */
export const MAILS_AN_HOUR = 5
export const HOUR_SECONDS = 3600

/** What an hour's mails of a purpose are counted under, in the one spelling of the address. */
export function allowance(purpose: string, address: string) {
  return { purpose, address, most: MAILS_AN_HOUR, seconds: HOUR_SECONDS }
}
