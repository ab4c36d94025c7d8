// A classic script in the head that runs before the page is painted: light or dark, as chosen in /me or as the system says.
{
  const system = matchMedia('(prefers-color-scheme: dark)');
  const apply = () => {
    let choice: string | null = null;
    try { choice = localStorage.getItem('tierloom.theme'); } catch { /* storage may be switched off */ }
    const dark = choice === 'dark' || (choice !== 'light' && system.matches);
    document.documentElement.setAttribute('data-bs-theme', dark ? 'dark' : 'light');
    document.dispatchEvent(new CustomEvent('tierloom:repaint'));
  };
  apply();
  system.addEventListener('change', apply);
  document.addEventListener('tierloom:theme', apply);
  addEventListener('beforeprint', () => document.documentElement.setAttribute('data-bs-theme', 'light'));
  addEventListener('afterprint', apply);
}
