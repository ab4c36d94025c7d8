// The last runs of what is live.
import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { fetchJson } from '../base/http';
import { Icon } from '../designer/icon';
import { given, live, t } from '../designer/state';

interface Run { href: string | null; title: string; state: { key: string; label: string; tone: string; icon: string }; reason: string; at: string }
interface Runs { counts: Record<string, number>; log: string | null; runs: Run[] }
const found = signal<Runs | null>(null);
const failed = signal(false);

export function RunsTab() {
  useEffect(() => { void fetchJson<Runs>(`${given.here}/runs`).then(answer => { found.value = answer; failed.value = false; }).catch(() => { failed.value = true; }); }, [live.value.version]);
  const all = found.value;
  return <section class="card ax-runs" aria-label={t('tab_runs')}>
    {failed.value && <p class="tl-note tl-note-bad" role="alert"><Icon name="alert-circle" /><span>{t('runs_failed')}</span></p>}
    {all && !all.runs.length && <p class="tl-quiet">{t('runs_none')}</p>}
    {all && all.runs.length > 0 && <ul class="tl-lines">{all.runs.map((each, n) => <li key={n}><span class={`tl-timeline-mark tl-run-mark tl-run-${each.state.tone}`} title={each.state.label}><Icon name={each.state.icon} /></span>
      <div class="tl-grow">{each.href ? <a class="tl-line-title" href={each.href}><b>{each.title || each.at}</b></a> : <b>{each.title || each.at}</b>}<div class="tl-meta tl-quiet">{each.state.label}{each.reason && `: ${each.reason}`}</div></div><time>{each.at}</time></li>)}</ul>}
    {all?.log && <div class="card-footer"><a href={all.log}>{t('runs_all')}</a></div>}</section>;
}
