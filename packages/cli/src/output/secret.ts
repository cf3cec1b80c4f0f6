/** A secret that exists on the screen and nowhere else. @module */
export function secretLines(label: string, secret: string, next: string): string[] {
  return ['', `  ${label}: ${secret}`, '', `  It is shown this once and kept nowhere in the clear. ${next}`]
}
