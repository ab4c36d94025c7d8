// The few ways in which elements are found and made.
export const $ = <T extends Element = HTMLElement>(selector: string, from: ParentNode = document) => from.querySelector<T>(selector);
export const $$ = <T extends Element = HTMLElement>(selector: string, from: ParentNode = document) => [...from.querySelectorAll<T>(selector)];

/** `make('p', {class: 'tl-quiet'}, 'text', child)`; texts are never read as markup. */
export function make<K extends keyof HTMLElementTagNameMap>(
  name: K, attributes: Record<string, string | undefined> = {}, ...children: (Node | string)[]): HTMLElementTagNameMap[K] {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) if (value !== undefined) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

const SPRITE = () => $<SVGUseElement>('svg.icon use')?.getAttribute('href')?.split('#')[0] ?? '';

/** An icon of the sprite that the page itself uses. */
export function icon(name: string): SVGSVGElement {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('width', '16');
  svg.setAttribute('height', '16');
  svg.setAttribute('aria-hidden', 'true');
  const use = document.createElementNS('http://www.w3.org/2000/svg', 'use');
  use.setAttribute('href', `${SPRITE()}#${name}`);
  svg.append(use);
  return svg;
}

/** Runs `act` for what matches now and for whatever htmx brings later; of what comes with `inside` nothing around it is looked at. */
export function eachNow<T extends HTMLElement>(selector: string, act: (element: T) => void): void {
  const done = new WeakSet<Element>();
  const run = (root: ParentNode) => {
    for (const element of $$<T>(selector, root)) if (!done.has(element)) { done.add(element); act(element); }
  };
  run(document);
  document.addEventListener('htmx:load', event => {
    const { elt, inside } = (event as CustomEvent<{ elt: HTMLElement; inside?: boolean }>).detail;
    run(inside ? elt : elt.parentElement ?? elt);
  });
}

/** Is somebody writing here, so that single keys are letters? */
export function isWriting(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(TEXTAREA|SELECT)$/.test(target.tagName)
    || (target instanceof HTMLInputElement && !/^(checkbox|radio|button|submit|reset|file|range|color)$/.test(target.type)));
}
