// The draft of the designers' common frame, and the language of the page.
export { at, body, change, given, isObject, replace, t, type Json } from '../designer/state';
export { language } from '../base/texts';
