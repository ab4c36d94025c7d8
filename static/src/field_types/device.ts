// What the device itself knows: where it is, and what its camera reads.
import { $, icon, make } from '../base/dom';
import { speak } from '../base/speak';

const said = (input: HTMLElement) => { for (const name of ['input', 'change']) input.dispatchEvent(new Event(name, { bubbles: true })); };

/** A line below the control for what the device answers. */
function noteOf(box: HTMLElement): (text: string) => void {
  const note = make('div', { class: 'tl-help', role: 'status' });
  note.hidden = true;
  box.append(note);
  return text => { note.textContent = text; note.hidden = !text; };
}

export function startLocation(box: HTMLElement): void {
  const [point] = box.querySelectorAll<HTMLInputElement>('input');
  const { locate, asking, refused, byDevice } = box.dataset;
  if (byDevice !== undefined) point.readOnly = true;
  if (!navigator.geolocation) return;
  const button = make('button', { class: 'btn tl-after', type: 'button' }, icon('current-location'), locate!);
  point.after(button);
  const note = noteOf(box);
  button.addEventListener('click', () => {
    button.disabled = true;
    note(asking!);
    navigator.geolocation.getCurrentPosition(({ coords }) => {
      point.value = `${coords.longitude.toFixed(6)}, ${coords.latitude.toFixed(6)}`;
      button.disabled = false;
      note(`± ${Math.round(coords.accuracy)} m`);
      said(point);
    }, () => { button.disabled = false; note(refused!); }, { enableHighAccuracy: true, timeout: 15_000, maximumAge: 0 });
  });
}

interface Detector { detect(source: CanvasImageSource): Promise<{ rawValue: string }[]> }
type Seen = { BarcodeDetector?: { new (): Detector; getSupportedFormats(): Promise<string[]> } };

/** The camera reads a code where the browser can; a hand scanner types it, and its Enter goes to the next field. */
export function startBarcode(box: HTMLElement): void {
  const input = $<HTMLInputElement>('input', box)!;
  input.addEventListener('keydown', event => {
    if (event.key !== 'Enter' || event.isComposing) return;
    event.preventDefault();
    said(input);
  });
  const { BarcodeDetector } = window as Seen;
  if (!BarcodeDetector || !navigator.mediaDevices) return;
  void BarcodeDetector.getSupportedFormats().then(formats => { if (formats.length) offerCamera(box, input, new BarcodeDetector()); }).catch(() => {});
}

function offerCamera(box: HTMLElement, input: HTMLInputElement, detector: Detector): void {
  const { scan, stop, aim, refused } = box.dataset;
  const button = make('button', { class: 'btn', type: 'button' }, icon('camera'), scan!);
  box.append(button);
  const note = noteOf(box);
  let end: (() => void) | null = null;
  const ended = () => { end = null; button.lastChild!.textContent = scan!; note(''); };
  button.addEventListener('click', async () => {
    if (end) { end(); ended(); return; }
    button.disabled = true;
    try {
      end = await watch(box, detector, text => { ended(); input.value = text; said(input); speak(text); });
      button.lastChild!.textContent = stop!;
      note(aim!);
    } catch { note(refused!); }
    button.disabled = false;
  });
}

/** Shows the camera's picture until a code is found, or the box is gone from the page; gives what ends it. */
async function watch(box: HTMLElement, detector: Detector, found: (text: string) => void): Promise<() => void> {
  const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } });
  const video = make('video', { class: 'tl-camera', muted: '', playsinline: '', 'aria-hidden': 'true' });
  let over = false;
  const end = () => { over = true; for (const track of stream.getTracks()) track.stop(); video.remove(); };
  video.srcObject = stream;
  box.append(video);
  try { await video.play(); } catch (error) { end(); throw error; }
  const look = async () => {
    if (!box.isConnected) end();
    if (over) return;
    const [code] = await detector.detect(video).catch(() => []);
    if (over) return;
    if (code) { end(); found(code.rawValue); } else setTimeout(look, 200);
  };
  setTimeout(look, 200);
  return end;
}
