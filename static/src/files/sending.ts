// Sends one file with its progress; survives the end of a session; fails with the server's own sentence.
import { askForSession, csrf, Refusal } from '../base/http';
import { say } from '../base/texts';

export interface Sent { id: string; token: string; name: string; size: number; picture: boolean; url: string }

interface Answer { status: number; body: Partial<Sent> & { detail?: string; title?: string } }

function attempt(address: string, file: File, progress: (share: number) => void, signal: AbortSignal): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('POST', address);
    request.setRequestHeader('Accept', 'application/json');
    request.setRequestHeader('X-CSRFToken', csrf());
    request.responseType = 'json';
    request.upload.addEventListener('progress', event => { if (event.lengthComputable) progress(event.loaded / event.total); });
    request.addEventListener('load', () => resolve({ status: request.status, body: (request.response ?? {}) as Answer['body'] }));
    request.addEventListener('error', () => reject(new Refusal(0, '')));
    request.addEventListener('abort', () => reject(new DOMException('', 'AbortError')));
    signal.addEventListener('abort', () => request.abort());
    const body = new FormData();
    body.set('file', file, file.name);
    request.send(body);
  });
}

export async function sendFile(address: string, file: File, progress: (share: number) => void, signal: AbortSignal): Promise<Sent> {
  let answer = await attempt(address, file, progress, signal);
  if (answer.status === 401 && await askForSession()) answer = await attempt(address, file, progress, signal);
  if (answer.status !== 201) throw new Refusal(answer.status, answer.body.detail ?? answer.body.title ?? say('fault'));
  return answer.body as Sent;
}
