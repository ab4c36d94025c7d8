// One live region a page: what is said here is read out and not seen.
export function speak(text: string): void {
  const region = document.getElementById('spoken');
  if (!region) return;
  region.textContent = '';
  requestAnimationFrame(() => { region.textContent = text; });
}
