// The draft in the server's words: the whole sentence, each card, and which names may be used where.
import { effect, signal } from '@preact/signals';
import { Asked } from '../designer/asking';
import { body } from '../designer/state';
import { form, placeOf } from './model';
import type { Path } from '../designer/state';

export interface NamedType { key: string; type: string; label: string }
interface Words { sentence: string; trigger: string | null; form: string | null; steps: Record<string, string | null>; names: Record<string, NamedType[]> }

export const words = new Asked<Words>('/words', found => { form.value = found.form; });
export const said = (path: Path): string | null => words.found.value?.steps[placeOf(path)] ?? null;
export const namesAt = (place: string): NamedType[] => words.found.value?.names[place] ?? words.found.value?.names.when ?? [];
export const startWords = (): void => { effect(() => { words.ask({ draft: body.value }); }); };
/** Whether the panel beside the flow shows a dry run. */
export const dryOpen = signal(false);
