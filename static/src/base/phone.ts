// Registers the worker that shows a page of ours where there is no connection; it speaks the language that this page speaks.
import { language } from './texts';

export function startPhone(): void {
  const release = document.querySelector<HTMLMetaElement>('meta[name=service-worker]')?.content;
  if (!release || !('serviceWorker' in navigator) || !isSecureContext) return;
  const register = () => { navigator.serviceWorker.register(`/service-worker.js?language=${language}`).catch(() => { /* private windows may refuse: everything works without */ }); };
  if (document.readyState === 'complete') register(); else addEventListener('load', register);
}
