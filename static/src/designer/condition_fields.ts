// The fields that conditions built of chips choose from: those of the form that is edited, unless a designer names others.
import { computed } from '@preact/signals';
import { body, isObject, shown, t, type Json } from './state';

export type Thing = { [name: string]: Json };
const things = (value: Json | undefined): Thing[] => Array.isArray(value) ? value.map(each => isObject(each) ? each : {}) : [];

let source = (): Thing[] => things(isObject(body.value) ? body.value.fields : undefined);
/** To be said before anything is drawn. */
export const conditionsOver = (found: () => Thing[]): void => { source = found; };
export const fields = computed(() => source());
export const keyOf = (field: Thing | undefined): string => String(field?.key ?? '');
export const nameOf = (field: Thing | undefined): string => shown(field?.label) || keyOf(field) || t('unnamed');
export const optionsOf = (field: Thing | undefined): Thing[] => things(field?.options);
