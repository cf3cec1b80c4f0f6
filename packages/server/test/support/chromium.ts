/**
 * A real browser: Chromium from npm, driven by Playwright, so that tests need nothing but `npm ci`.
 *
 * @module
 */
import chromium from '@sparticuz/chromium'
import { type Browser, chromium as playwright } from 'playwright-core'

/**
 * Starts it. A browser that cannot start fails the tests that need it: pages that nobody opened are not tested.
 *
 * The package's own arguments switch the web's security off, so none of them is used; only the sandbox is off, which a
 * container without user namespaces does not let start.
 */
export async function launchBrowser(): Promise<Browser> {
  try {
    // Where libraries are missing on the machine the package brings them, and says so by this path.
    const executablePath = await chromium.executablePath()
    return await playwright.launch({ executablePath, args: ['--no-sandbox'] })
  } catch (error) {
    throw new Error(
      'The browser of the tests (@sparticuz/chromium) could not start. On Linux it needs libnss3; see the cause.',
      { cause: error },
    )
  }
}
