// The shelf of functions that the browser offers. What is missing here only the server can compute: other records, populations, effects.
import { AGGREGATES, PLAIN_AGGREGATES } from './functions_aggregates';
import type { Shelf } from './functions_base';
import { CAPITALS } from './functions_capitals';
import { DATES } from './functions_dates';
import { LOGIC } from './functions_logic';
import { MULTIPLES } from './functions_multiples';
import { NUMBERS } from './functions_numbers';
import { STRINGS } from './functions_strings';
import { TEXTS } from './functions_texts';
import { TIMES } from './functions_times';

export const FUNCTIONS: Shelf = {
  ...NUMBERS, ...MULTIPLES, ...TEXTS, ...STRINGS, ...CAPITALS, ...DATES, ...TIMES, ...LOGIC, ...PLAIN_AGGREGATES,
};
/** Every name, those of aggregates over rows included. */
export const OFFERED: string[] = [...new Set([...Object.keys(FUNCTIONS), ...Object.keys(AGGREGATES)])].sort();

export { AGGREGATES };
