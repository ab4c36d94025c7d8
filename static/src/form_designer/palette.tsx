// The left pane: every type of field by families, with search. A click adds one after what is selected, a drag puts it anywhere.
import { signal } from '@preact/signals';
import { showMiddle } from '../designer/frame';
import { Icon } from '../designer/icon';
import { t } from '../designer/state';
import { speak } from '../base/speak';
import { openBegin } from './begin';
import { press } from './drag';
import { addSection, columnKinds, focusOn, insertColumn, insertField, kinds, more, nextSpot, only, sections, type Kind } from './model';

const wanted = signal('');

function add({ type, label }: Kind): void {
  const at = only.peek();
  const subform = at.startsWith('c:') ? at.slice(2).split('.')[0]! : '';
  if (subform && type in columnKinds) focusOn(`c:${subform}.${insertColumn(subform, type, 999)}`);
  else focusOn(`f:${insertField(type)}`);
  speak(t('added_field', { what: label }));
  showMiddle();
}

function addLook(look: 'section' | 'divider' | 'tab'): void {
  addSection(Math.min(nextSpot().section, sections.peek().length - 1), look);
  speak(t('added_field', { what: t(look) }));
  showMiddle();
}

const fits = (text: string): boolean => text.toLowerCase().includes(wanted.value.trim().toLowerCase());

export function Palette() {
  const looks = (['section', 'divider', 'tab'] as const).filter(each => fits(t(each)));
  const families = more.palette.map(each => ({ ...each, types: each.types.filter(one => one.type in kinds && (fits(one.label) || fits(one.words) || fits(one.about) || fits(one.type) || fits(each.label))) })).filter(each => each.types.length);
  return <>
    <div class="fd-search"><Icon name="search" /><input class="form-control" type="search" value={wanted.value} placeholder={t('find_type')} aria-label={t('find_type')} onInput={event => { wanted.value = event.currentTarget.value; }} /></div>
    {families.map(each => <section class="fd-family" aria-label={each.label} key={each.family}><h2 class="fd-family-name">{each.label}</h2>
      <div class="fd-types">{each.types.map(one => <button class="fd-type" type="button" title={one.about} data-type={one.type} key={one.type} onClick={() => add(one)}
        onPointerDown={event => press(event, () => ({ cargo: { is: 'new', type: one.type }, label: one.label }))}><Icon name={one.icon} /><span>{one.label}</span></button>)}</div></section>)}
    {looks.length > 0 && <section class="fd-family" aria-label={t('parts_of_page')}><h2 class="fd-family-name">{t('parts_of_page')}</h2>
      <div class="fd-types">{looks.map(look => <button class="fd-type" type="button" key={look} onClick={() => addLook(look)}><Icon name={look === 'section' ? 'section' : look === 'divider' ? 'separator' : 'browser'} /><span class="tl-cut">{t(look)}</span></button>)}</div></section>}
    {!families.length && !looks.length && <p class="tl-quiet">{t('no_type', { wanted: wanted.value })}</p>}
    <button class="btn btn-sm fd-from-table" type="button" onClick={openBegin}><Icon name="table-import" />{t('from_elsewhere')}</button>
  </>;
}
