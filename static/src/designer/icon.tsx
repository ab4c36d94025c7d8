// An icon of the sprite that the page itself uses.
import { $ } from '../base/dom';

const sprite = $('svg.icon use')?.getAttribute('href')?.split('#')[0] ?? '';

export function Icon({ name }: { name: string }) {
  return <svg class="icon" width="16" height="16" aria-hidden="true" focusable="false"><use href={`${sprite}#${name}`} /></svg>;
}
