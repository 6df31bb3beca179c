// Resolves once the browser has drawn what the server sent, with those images that it had already: what scripts add can
// wait for that, and not the other way round.
export const painted = new Promise((done) => {
  if (document.hidden) done(); // nothing is drawn, so nothing waits
  else requestAnimationFrame(() => requestAnimationFrame(done));
});
