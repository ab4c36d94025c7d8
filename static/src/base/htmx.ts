// htmx: fragments only, nothing evaluated. Refusals become messages, the end of a session asks for the password.
import htmx from 'htmx.org';
import { csrf, askForSession } from './http';
import { say } from './texts';
import { toast } from './toasts';

interface RequestDetail { elt: HTMLElement; xhr: XMLHttpRequest; requestConfig: { verb: string; path: string; elt: HTMLElement; target: HTMLElement; parameters: Record<string, string> } }

export function startHtmx(): void {
  Object.assign(htmx.config, { allowEval: false, includeIndicatorStyles: false, selfRequestsOnly: true, historyCacheSize: 0, defaultSettleDelay: 0 });
  htmx.config.responseHandling = [
    { code: '204', swap: false }, { code: '[23]..', swap: true },
    { code: '422', swap: true, error: false }, { code: '[45]..', swap: false, error: true },
  ];
  document.addEventListener('htmx:configRequest', event => {
    (event as CustomEvent<{ headers: Record<string, string> }>).detail.headers['X-CSRFToken'] = csrf();
  });
  document.addEventListener('htmx:responseError', event => { void failed((event as CustomEvent<RequestDetail>).detail); });
  document.addEventListener('htmx:sendError', () => toast({ text: say('offline'), tone: 'care' }));
}

async function failed({ xhr, requestConfig }: RequestDetail): Promise<void> {
  if (xhr.status === 401) {
    if (await askForSession()) {
      await htmx.ajax(requestConfig.verb as 'get', requestConfig.path, { source: requestConfig.elt, target: requestConfig.target, values: requestConfig.parameters });
    }
    return;
  }
  toast({ text: sentenceOf(xhr) ?? (xhr.status === 403 ? say('not_allowed') : say('fault')), tone: 'bad' });
}

/** The server's own words: problem+json, or the marked sentence of a page. */
function sentenceOf(xhr: XMLHttpRequest): string | undefined {
  const type = xhr.getResponseHeader('Content-Type') ?? '';
  if (type.includes('json')) {
    try { return (JSON.parse(xhr.responseText) as { detail?: string }).detail; } catch { return undefined; }
  }
  const page = new DOMParser().parseFromString(xhr.responseText, 'text/html');
  return page.querySelector('[data-sentence]')?.textContent?.trim() || undefined;
}
