const DATE_TIME = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?)(?:\.\d+)?)?\s*(Z|UTC|[+-]\d\d:?\d\d)?$/i;

/**
 * Whole seconds since 1970 of a date, "2016-03-28", with or without a time of day, read as UTC where no zone is named. Null
 * for any other text; negative before 1970.
 */
export function secondsOfDate(text: string): number | null {
  const match = DATE_TIME.exec(text);
  if (!match) return null;
  const [, day, time = '00:00', zone = 'Z'] = match;
  // Date.parse takes February 30th for March 2nd.
  if (Number.isNaN(Date.parse(day)) || !new Date(day).toISOString().startsWith(day)) return null;
  const seconds = Date.parse(`${day}T${time}${zone.toUpperCase() === 'UTC' ? 'Z' : zone}`) / 1000;
  return Number.isNaN(seconds) ? null : Math.floor(seconds);
}
