
// Only `cargo xtask dev` adds this to the loader; a release has nothing of it. The page asks for the number of the build and
// loads itself again when it is another one.
(() => {
  const build = async () => {
    const answer = await fetch('/dev.txt', { cache: 'no-store' });
    return answer.ok ? answer.text() : undefined;
  };
  let shown;
  const look = async () => {
    const now = await build().catch(() => undefined);
    shown ??= now;
    if (now === undefined || now === shown) return setTimeout(look, 300);
    // Styles that keep their name would come from the browser's cache.
    const sheets = [...document.querySelectorAll('link[rel=stylesheet]')].map((link) => link.href);
    await Promise.allSettled(sheets.filter((href) => !href.includes('/pkg/')).map((href) => fetch(href, { cache: 'reload' })));
    location.reload();
  };
  look();
})();
