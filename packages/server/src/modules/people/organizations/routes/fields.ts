/** Fields of bodies and answers that several routes share. @module */
import { z } from 'zod'
import { emailField, localeField, nameField, passwordField } from '#people/identity'
import { contactPurposes } from '../model.ts'

export const organizationParams = z.object({ organization: z.string().describe('Id or slug') })

/** As organizations_slug_check has it. */
export const slugField = z
  .string()
  .regex(
    /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/,
    'should have 1 to 63 lower-case letters, digits and hyphens, such as north-farm',
  )

export const organizationNameField = nameField.pipe(z.string().min(1, 'should not be empty'))

export const timeZoneField = z
  .string()
  .max(64)
  .refine((zone) => isTimeZone(zone), 'should be a time zone such as Europe/Berlin')

export const roleField = z.string().min(1).max(100)

export const rolesField = z.array(roleField).min(1).max(50)

/** A person whose account is found by the address, or made. */
export const personFields = {
  email: emailField,
  name: nameField.default(''),
  locale: localeField.optional(),
}

export { emailField, localeField, nameField, passwordField }

/** Settings as a change names them: null takes one away. */
export const settingsChange = z.strictObject({
  contacts: z.partialRecord(z.enum(contactPurposes), emailField.nullable()).optional(),
  locale: localeField.nullable().optional(),
  timeZone: timeZoneField.nullable().optional(),
})

export const settingsShape = z.object({
  contacts: z.partialRecord(z.enum(contactPurposes), z.string()).optional(),
  locale: z.string().optional(),
  timeZone: z.string().optional(),
})

function isTimeZone(zone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}
