// Pages of public links: tells once that somebody has begun, and keeps what was typed when the language is changed.
import './css/public.css';
import { $, eachNow } from './base/dom';
import { startEffort } from './public/effort';

startEffort();

eachNow<HTMLFormElement>('form[data-started]', form => {
  const tell = () => {
    const body = new FormData();
    body.set('page', $<HTMLInputElement>('input[name=page]', form)!.value);
    void fetch(form.dataset.started!, { method: 'POST', body, keepalive: true }).catch(() => {}); // a figure, nothing more
  };
  form.addEventListener('input', tell, { once: true });
});
