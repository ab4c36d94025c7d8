// Controls of field types that are more than one input. Each works as plain inputs too; what it needs is fetched when a page has one.
import { eachNow } from './dom';

export function startFieldTypes(): void {
  eachNow<HTMLInputElement>('input[data-region]', input => void import('../field_types/steps').then(found => found.startRegion(input)));
  eachNow<HTMLSelectElement>('select[data-steps-of]', select => void import('../field_types/steps').then(found => found.startSteps(select)));
  eachNow('[data-slider]', box => void import('../field_types/inputs').then(found => found.startSlider(box)));
  eachNow('[data-color]', box => void import('../field_types/inputs').then(found => found.startColor(box)));
  eachNow('[data-other]', box => void import('../field_types/inputs').then(found => found.startOther(box)));
  eachNow('[data-panel]', box => void import('../field_types/panels').then(found => found.startPanel(box)));
  eachNow<HTMLFormElement>('form[data-press]', form => void import('../field_types/panels').then(found => found.startPress(form)));
  eachNow('[data-location]', box => void import('../field_types/device').then(found => found.startLocation(box)));
  eachNow('[data-barcode]', box => void import('../field_types/device').then(found => found.startBarcode(box)));
}
