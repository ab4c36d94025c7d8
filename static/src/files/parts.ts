// What the controls for files share: what the page says about the field, tokens, and sizes in words.
import { keptIn } from '../base/kept';

export interface Told {
  url: string; name: string; most: number; bytes: number; accept: string;
  texts: Record<'sending' | 'sent' | 'cancel' | 'retry' | 'remove' | 'removed' | 'large' | 'left' | 'kind' | 'many' | 'empty' | 'offline' | 'wait' | 'open'
  | 'signed' | 'draw' | 'typed' | 'unseen', string>;
}

/** Read when it is needed: in the rows of a sub-form names change with the places of the rows. */
export const told = (box: HTMLElement): Told => JSON.parse(box.dataset.files!) as Told;

export const filled = (text: string, values: Record<string, string | number>): string =>
  text.replace(/\{(\w+)\}/g, (place, key: string) => String(values[key] ?? place));

export interface Part { id: string; size: number; name: string; token: string }

/** A token as runtime/files/tokens.py writes it. */
export function partOf(token: string): Part | null {
  const found = /^([A-Za-z0-9_-]{22}):(\d{1,15}):([^\0]{1,200})$/s.exec(token);
  return found && { id: found[1]!, size: Number(found[2]), name: found[3]!, token };
}

export const isPicture = (name: string): boolean => /\.(jpe?g|png|gif|webp)$/i.test(name);

export function sizeInWords(size: number): string {
  return size < 1024 * 1024 ? `${Math.max(1, Math.round(size / 1024))} KB` : `${(size / 1024 / 1024).toFixed(1)} MB`;
}

/** Where a file that was sent from here is fetched: strangers get theirs by the public link. */
export const addressOf = ({ url }: Told, id: string): string => `${/^\/f\/[^/]+\/files\//.exec(url)?.[0] ?? '/files/'}${id}`;

/** Whether what was unfinished is being put back; rows that were pasted or filled leave files as they are. */
export const isPutBack = (event: Event): boolean => !(event as CustomEvent<{ filled?: boolean } | null>).detail?.filled;

/** The tokens that the unfinished input of this form holds for a field; null where none was put back. */
export function keptTokens(form: HTMLFormElement | null, name: string): string[] | null {
  const values = form && keptIn(form);
  return values ? values.filter(([key]) => key === name).map(([, token]) => token) : null;
}
