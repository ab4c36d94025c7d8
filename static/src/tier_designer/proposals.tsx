// Proposals for the cuts of a dimension, side by side: what each would cut, and how many would stand in each tier.
import { signal } from '@preact/signals';
import { useEffect, useState } from 'preact/hooks';
import { Dialog } from '../designer/dialog';
import { Icon } from '../designer/icon';
import { t } from '../designer/state';
import { amount, bandsOf, dimensions, figure, nameOf, setCuts, share, tiers } from './model';
import { TierOf, Waiting } from './parts';
import { distribution, proposalsFor, type Proposal, type Proposals } from './server';

const isOpen = signal(false);
export const openProposals = (): void => { isOpen.value = true; };

/** "10, 20, 40": numbers that somebody typed, or null. */
function numbers(text: string): number[] | null {
  const found = text.split(/[\s,，、/]+/).filter(Boolean).map(Number);
  return found.length > 1 && found.every(each => Number.isFinite(each) && each > 0) ? found : null;
}

interface Wanted { shares?: number[]; capacity?: Record<string, number> }

export function ProposalsDialog({ n }: { n: number }) {
  const dimension = dimensions.value[n];
  const [found, setFound] = useState<Proposals | null>(null);
  const [why, setWhy] = useState('');
  const [wanted, setWanted] = useState<Wanted>({});
  const shown = isOpen.value && !!dimension;
  useEffect(() => {
    if (!shown) return;
    let late = false;
    setFound(null);
    setWhy('');
    void proposalsFor(String(dimension.key), wanted as Record<string, unknown>).then(answer => { if (!late) { if ('proposals' in answer) setFound(answer); else setWhy(t('figures_faulty')); } })
      .catch(error => { if (!late) setWhy(error instanceof Error ? error.message : ''); });
    return () => { late = true; };
  }, [shown, n, wanted]);
  const close = () => { isOpen.value = false; };
  const use = (proposal: Proposal) => { setCuts(n, proposal.cuts); close(); };
  return <Dialog shown={shown} close={close} wide title={t('proposals_title', { name: dimension ? nameOf(dimension, n) : '' })} foot={<button class="btn" type="button" onClick={close}>{t('close')}</button>}>
    <p class="tl-quiet">{t('proposals_about')}</p>
    {why && <div class="tl-note tl-note-bad" role="alert"><Icon name="alert-circle" /><div>{why}</div></div>}
    {!found && !why && <Waiting lines={6} />}
    {found?.sentence && <div class="tl-note tl-note-quiet"><Icon name="info-circle" /><div>{found.sentence}</div></div>}
    {found && found.margin > 0 && <p class="tl-meta tl-quiet">{t('impact_sample', { sampled: figure(found.sampled), population: figure(found.population), margin: found.margin })}</p>}
    {found && <div class="td-proposals">{found.proposals.map(each => <Offered proposal={each} use={() => use(each)} key={each.method} />)}</div>}
    <Wishes n={n} set={setWanted} />
  </Dialog>;
}

function Offered({ proposal, use }: { proposal: Proposal; use: () => void }) {
  const measured = distribution.found.value ?? {};
  const most = Math.max(1, ...proposal.bands.map(each => each.count));
  const all = proposal.tiers.reduce((sum, each) => sum + each.then, 0);
  return <section class="td-proposal" aria-label={proposal.label}>
    <h3>{proposal.label}</h3><p class="tl-meta tl-quiet">{proposal.why}</p>
    <p><b>{proposal.cuts.map(each => amount(each, measured)).join(' · ')}</b></p>
    <dl class="td-bars">{[...proposal.bands].sort((a, b) => b.band - a.band).map(each => <div key={each.band}><dt class="tl-cut" title={each.label}>{each.label || t('band_n', { n: each.band })}</dt>
      <dd><progress class="tl-progress tl-progress-small" max={most} value={each.count} aria-hidden="true" /><span class="tl-num">{figure(each.count)}</span></dd></div>)}</dl>
    <ul class="tl-plain td-tiers-then">{proposal.tiers.filter(each => each.tier !== null || each.then).map(each => <li key={each.tier}><TierOf tier={each.tier} /><b class="tl-num">{figure(each.then)}</b><span class="tl-quiet tl-num">{share(each.then, all)}</span></li>)}</ul>
    {proposal.workload && <p class="tl-meta tl-second">{proposal.workload.capacity === null ? t('work_then', { n: figure(proposal.workload.then) }) : t('work_then_of', { n: figure(proposal.workload.then), most: figure(proposal.workload.capacity) })}</p>}
    <button class="btn btn-sm btn-primary" type="button" onClick={use}>{t('use_cuts')}</button>
  </section>;
}

/** What somebody wants the cuts to reach: shares of the bands, or how many customers a tier can have. */
function Wishes({ n, set }: { n: number; set: (wanted: Wanted) => void }) {
  const [shares, setShares] = useState('');
  const [capacity, setCapacity] = useState<Record<string, string>>({});
  const upper = tiers.value.slice(0, -1);
  const ask = () => {
    const full = Object.entries(capacity).map(([key, text]) => [key, Math.round(Number(text))] as const).filter(([, most]) => most > 0);
    const wished = numbers(shares);
    set({ ...(wished ? { shares: wished } : {}), ...(full.length ? { capacity: Object.fromEntries(full) } : {}) });
  };
  return <form class="td-wishes" onSubmit={event => { event.preventDefault(); ask(); }}>
    <div class="tl-field"><label class="form-label" for="wish-shares">{t('wish_shares')}</label><input class="form-control" id="wish-shares" value={shares} placeholder={Array.from({ length: bandsOf(dimensions.value[n]).count }, () => '20').join(', ')} inputMode="decimal" autocomplete="off" onInput={event => setShares(event.currentTarget.value)} />
      <div class="tl-help">{t('wish_shares_help')}</div></div>
    <fieldset class="tl-field"><legend class="form-label">{t('wish_capacity')}</legend><div class="td-wish-tiers">{upper.map(({ value }) => <label class="tb-named" key={String(value.key)}><TierOf tier={value.key} /><input class="form-control tl-num tb-small" inputMode="numeric" value={capacity[String(value.key)] ?? ''} onInput={event => setCapacity({ ...capacity, [String(value.key)]: event.currentTarget.value })} /></label>)}</div></fieldset>
    <button class="btn btn-sm">{t('propose_again')}</button>
  </form>;
}
