// Every request of a script passes here: it carries the token, survives the end of a session, and fails with a whole sentence.
import { $ } from './dom';
import { say } from './texts';

export interface Failure { path: string; message: string }

export class Refusal extends Error {
  constructor(readonly status: number, message: string, readonly errors: Failure[] = []) { super(message); }
}

export const csrf = (): string => $<HTMLMetaElement>('meta[name=csrf-token]')?.content ?? '';

export function setCsrf(token: string): void {
  const meta = $<HTMLMetaElement>('meta[name=csrf-token]');
  if (meta) meta.content = token;
  for (const input of document.querySelectorAll<HTMLInputElement>('input[name=csrf_token]')) input.value = token;
}

let renew: () => Promise<boolean> = async () => false;
/** session.ts puts its sign-in box here; this module must not know it. */
export function onSessionOver(ask: () => Promise<boolean>): void { renew = ask; }
export const askForSession = (): Promise<boolean> => renew();

/** fetch with the token; after the end of a session asks for the password and sends again. */
export async function request(address: string, options: RequestInit = {}): Promise<Response> {
  const headers = new Headers(options.headers);
  if (!headers.has('Accept')) headers.set('Accept', 'application/json');
  const attempt = () => { headers.set('X-CSRFToken', csrf()); return fetch(address, { credentials: 'same-origin', ...options, headers }); };
  const answer = await attempt();
  if (answer.status !== 401 || !await renew()) return answer;
  return attempt();
}

async function refusalOf(answer: Response): Promise<Refusal> {
  const body = await answer.json().catch(() => ({})) as { detail?: string; title?: string; errors?: Failure[] };
  const spare = answer.status === 403 ? say('not_allowed') : say('fault');
  return new Refusal(answer.status, body.detail ?? body.title ?? spare, body.errors ?? []);
}

/** JSON there and back. Throws a Refusal with the server's own sentence, and an AbortError once `signal` says so. */
export async function send<T>(method: string, address: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  const answer = await request(address, body === undefined ? { method, signal }
    : { method, signal, body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } });
  if (!answer.ok) throw await refusalOf(answer);
  return (answer.status === 204 ? undefined : await answer.json()) as T;
}

export const fetchJson = <T>(address: string, signal?: AbortSignal): Promise<T> =>
  request(address, { signal }).then(async answer => { if (!answer.ok) throw await refusalOf(answer); return answer.json() as Promise<T>; });
