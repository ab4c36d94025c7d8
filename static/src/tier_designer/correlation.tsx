// How far dimensions say the same: the rank correlation of each pair over real customers.
import { signal } from '@preact/signals';
import { useEffect, useState } from 'preact/hooks';
import { Dialog } from '../designer/dialog';
import { Icon } from '../designer/icon';
import { t } from '../designer/state';
import { Waiting } from './parts';
import { correlationNow, type Correlation } from './server';

const isOpen = signal(false);
export const openCorrelation = (): void => { isOpen.value = true; };

/** How strong, in five steps for the ground of a cell. */
const strength = (value: number | null): number => value === null ? 0 : Math.min(4, Math.floor(Math.abs(value) * 5));

export function CorrelationDialog() {
  const [found, setFound] = useState<Correlation | null>(null);
  const [why, setWhy] = useState('');
  const shown = isOpen.value;
  useEffect(() => {
    if (!shown) return;
    setFound(null);
    setWhy('');
    void correlationNow().then(answer => { if ('matrix' in answer) setFound(answer); else setWhy(t('figures_faulty')); }).catch(error => setWhy(error instanceof Error ? error.message : ''));
  }, [shown]);
  const close = () => { isOpen.value = false; };
  return <Dialog shown={shown} close={close} title={t('correlation')} foot={<button class="btn" type="button" onClick={close}>{t('close')}</button>}>
    {why && <div class="tl-note tl-note-bad" role="alert"><Icon name="alert-circle" /><div>{why}</div></div>}
    {!found && !why && <Waiting />}
    {found && <><p>{found.sentence}</p><div class="table-scroll"><table class="table table-dense td-correlation"><thead><tr><th scope="col"><span class="visually-hidden">{t('dimensions')}</span></th>{found.dimensions.map(each => <th class="tl-num" scope="col" key={each.key}>{each.label}</th>)}</tr></thead>
      <tbody>{found.dimensions.map((each, n) => <tr key={each.key}><th scope="row">{each.label}</th>{found.dimensions.map((_, m) => { const value = found.matrix[n]?.[m] ?? null; return <td class={`tl-num td-strength-${n === m ? 0 : strength(value)}`} key={m}>{n === m ? <span class="tl-quiet">·</span> : value === null ? '–' : value.toFixed(2)}</td>; })}</tr>)}</tbody></table></div>
      <p class="tl-meta tl-quiet">{t('correlation_about')}</p></>}
  </Dialog>;
}
