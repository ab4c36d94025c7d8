// A sub-form on the canvas: its columns in their order, each to be selected, moved and written in place.
import { useState } from 'preact/hooks';
import { speak } from '../base/speak';
import { Icon } from '../designer/icon';
import { problemsAt, t } from '../designer/state';
import { LabelEditor, liftKeys } from './card';
import { press } from './drag';
import { columnsOf, focusOn, insertColumn, isSelected, keyOf, kindIcon, kindName, moveColumn, nameOf, placeOf, select, type Thing } from './model';
import { askColumn } from './removing';
import { showPanel } from './shown';

function faultsOf(subform: string, m: number): string[] {
  const place = `fields/${placeOf(subform)}/fields/${m}`;
  return [...problemsAt.value].filter(([path]) => path === place || path.startsWith(`${place}/`)).flatMap(([, messages]) => messages);
}

function Column({ subform, column, m }: { subform: string; column: Thing; m: number }) {
  const [writing, setWriting] = useState(false);
  const key = keyOf(column);
  const id = `c:${subform}.${key}`;
  const name = nameOf(column);
  const faults = faultsOf(subform, m);
  const keys = (event: KeyboardEvent) => {
    event.stopPropagation();
    if (liftKeys(event, id, name, (by, sameStep) => { const done = moveColumn(subform, key, m + by, sameStep); if (done) speak(t('now_column', { place: m + by + 1 })); return done; })) return;
    if (event.key === 'F2') { event.preventDefault(); setWriting(true); }
    if (event.key === 'Delete' || event.key === 'Backspace') { event.preventDefault(); askColumn(subform, key); }
    if (event.key === 'Enter') { event.preventDefault(); select(id); showPanel(); }
  };
  return <div class={`fd-column${isSelected(id) ? ' active' : ''}${faults.length ? ' fd-faulty' : ''}`} data-column={key}
    onPointerDown={event => { event.stopPropagation(); if (!(event.target as Element).closest('input')) press(event, () => ({ cargo: { is: 'column', subform, key }, label: name })); }}>
    {writing ? <LabelEditor id={id} close={() => { setWriting(false); focusOn(id); }} />
      : <button class="fd-column-name" type="button" id={`fd-${id}`} aria-pressed={isSelected(id)} onKeyDown={keys} onClick={event => { event.stopPropagation(); select(id); }} onDblClick={() => setWriting(true)}>
        <span class="tl-cut">{name}</span>{column.required === true && <span class="tl-required" aria-hidden="true"> *</span>}</button>}
    <span class="fd-column-kind"><Icon name={kindIcon(column.type)} /> {kindName(column.type)}</span>
    {faults.map(each => <div class="tl-error" key={each}><Icon name="alert-circle" /><span>{each}</span></div>)}
  </div>;
}

export function SubformColumns({ field }: { field: Thing }) {
  const subform = keyOf(field);
  const columns = columnsOf(field);
  const add = () => { focusOn(`c:${subform}.${insertColumn(subform, 'text', columns.length)}`); speak(t('added_field', { what: t('column') })); };
  return <div class="fd-rows" data-subform={subform} role="group" aria-label={t('columns_of', { what: nameOf(field) })}>
    <div class="fd-columns">{columns.map((each, m) => <Column subform={subform} column={each} m={m} key={keyOf(each)} />)}</div>
    <button class="btn btn-sm btn-ghost fd-add-column" type="button" onClick={event => { event.stopPropagation(); add(); }}><Icon name="plus" />{t('add_column')}</button>
  </div>;
}
