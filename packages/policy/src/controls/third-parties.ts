import { defineControl } from './control.ts'

/** The register of third parties. */
export const thirdParties = defineControl({
  id: 'third-parties',
  section: 'thirdParties',
  title: { en: 'Register of third parties', he: 'מרשם הצדדים השלישיים' },
  settings: ['thirdParties'],
  enforcement: 'declared',
  layout: 'list',
  mapping: {
    soc2: ['CC9.2'],
    iso27001_2013: ['A.15.1.1', 'A.15.1.2', 'A.15.2.1'],
    iso27001_2022: ['A.5.19', 'A.5.20', 'A.5.22'],
    gdpr: ['Art. 28'],
  },
  applies: ({ thirdParties: register }) => register.length > 0,
  statement: {
    en: ({ thirdParties: register }, w) => [
      `A register names every third party with access: ${w.list(register.map(({ name, title }) => w.text(title ?? name)))}. For each it holds the business need, the processing agreement, the security assessment and why the access is the least needed.`,
      ...register.map(
        ({ name, title, reviewSeconds }) => `${w.text(title ?? name)} is reviewed ${w.every(reviewSeconds)}.`,
      ),
    ],
    he: ({ thirdParties: register }, w) => [
      `מרשם מונה כל צד שלישי שיש לו גישה: ${w.list(register.map(({ name, title }) => w.text(title ?? name)))}. לכל אחד רשומים הצורך העסקי, הסכם עיבוד הנתונים, בחינת האבטחה והטעם לכך שהגישה היא המזערית הנדרשת.`,
      ...register.map(
        ({ name, title, reviewSeconds }) =>
          `הסקירה של ${w.text(title ?? name)} נערכת ${w.every(reviewSeconds)}.`,
      ),
    ],
  },
})
